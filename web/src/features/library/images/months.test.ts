import { describe, expect, it } from "vitest";

import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";

import { ImageMonthSchema } from "@/gen/argus/storage/v1/image_pb.js";

import { counted, monthsOf, sectionsOf } from "./months";

const month = (year: number, number: number, imageCount: bigint) =>
  create(ImageMonthSchema, {
    year,
    month: number,
    imageCount,
    startTime: timestampFromMs(Date.UTC(year, number - 1, 1)),
    endTime: timestampFromMs(Date.UTC(year, number, 1)),
  });
const MONTHS = monthsOf([month(2026, 3, 5n), month(2026, 1, 1n), month(2025, 12, 7n)]);
const micros = (...date: [number, number, number]): number => Date.UTC(date[0], date[1] - 1, date[2]) * 1000;

describe("months", () => {
  it("begin and end where the server says", () => {
    expect(MONTHS[0]).toEqual({ key: "2026-03", year: 2026, month: 3, count: 5, begin: micros(2026, 3, 1), end: micros(2026, 4, 1) });
  });

  it("are sections of a list, in its order", () => {
    const brief = (order: "newest" | "oldest") => sectionsOf(MONTHS, order).map(({ key, start, count }) => [key, start, count]);
    expect(brief("newest")).toEqual([["2026-03", 0, 5], ["2026-01", 5, 1], ["2025-12", 6, 7]]);
    expect(brief("oldest")).toEqual([["2025-12", 0, 7], ["2026-01", 7, 1], ["2026-03", 8, 5]]);
  });

  it("count what comes and goes; their first instant is theirs, their end the next month's", () => {
    const counts = (at: number, by: number) => counted(MONTHS, at, by).map(({ key, count }) => [key, count]);
    expect(counts(micros(2026, 3, 1), 2)).toEqual([["2026-03", 7], ["2026-01", 1], ["2025-12", 7]]);
    expect(counts(micros(2026, 1, 1) - 1, -1)).toEqual([["2026-03", 5], ["2026-01", 1], ["2025-12", 6]]);
    expect(counts(micros(2026, 1, 9), -1)).toEqual([["2026-03", 5], ["2025-12", 7]]);
  });

  it("come anew where none was, in their place", () => {
    expect(counted(MONTHS, micros(2026, 2, 15), 1).map(({ key, count }) => [key, count])).toEqual([
      ["2026-03", 5],
      ["2026-02", 1],
      ["2026-01", 1],
      ["2025-12", 7],
    ]);
    expect(counted(MONTHS, micros(2026, 2, 15), -1)).toEqual(MONTHS);
  });
});
