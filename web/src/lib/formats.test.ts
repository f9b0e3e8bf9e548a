import { create } from "@bufbuild/protobuf";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";

import { countOf, formatBytes, formatCount, formatPercent, formatScore } from "./numbers";
import { storePath } from "./store-url";
import { formatDate, formatDateTime, formatDuration, formatMonth, formatRelative, toDate } from "./time";

const tidy = (text: string) => text.replace(/[\u00a0\u202f]/g, " ");
const LATE = new Date("2026-03-12T23:30:00Z");

describe("times", () => {
  test("are in the viewer's zone", () => {
    expect(tidy(formatDateTime(LATE, { locale: "en-GB", timeZone: "Asia/Tokyo" }))).toBe("13 Mar 2026, 08:30");
    expect(formatDate(LATE, { locale: "en-GB", timeZone: "America/New_York" })).toBe("12 Mar 2026");
    expect(formatMonth(new Date("2026-03-31T23:30:00Z"), { locale: "en-GB", timeZone: "Asia/Tokyo" })).toBe("April 2026");
  });

  test.each([
    [0, "now"],
    [-5, "5 seconds ago"],
    [2, "in 2 seconds"],
    [-59.7, "1 minute ago"],
    [-3600, "1 hour ago"],
    [-86_400, "yesterday"],
    [-6 * 86_400, "6 days ago"],
    [-8 * 86_400, "4 Mar 2026"],
  ])("%d s from now is %s", (seconds, words) => {
    const then = new Date(LATE.getTime() + seconds * 1000);
    expect(formatRelative(then, LATE, { locale: "en-GB", timeZone: "UTC" })).toBe(words);
  });

  test.each([
    [350, "350 ms"],
    [2400, "2.4 s"],
    [120_000, "2 min"],
    [185_000, "3 min 5 s"],
  ])("%d ms is %s", (ms, words) => {
    expect(formatDuration(ms)).toBe(words);
  });

  test("come from the contract's timestamps", () => {
    expect(toDate(create(TimestampSchema, { seconds: 1n, nanos: 500_000_000 }))?.getTime()).toBe(1500);
    expect(toDate(undefined)).toBeUndefined();
  });
});

test.each([
  [0, "0 bytes"],
  [1, "1 byte"],
  [999, "999 bytes"],
  [1000, "1 kB"],
  [999_600, "1 MB"],
  [2_440_000, "2.4 MB"],
  [123_456_789n, "123 MB"],
  [5e12, "5 TB"],
])("%s bytes are %s", (bytes, words) => {
  expect(tidy(formatBytes(bytes, "en"))).toBe(words);
});

test("numbers", () => {
  expect(formatCount(12_345, "en")).toBe("12,345");
  expect(countOf(1, "image")).toBe("1 image");
  expect(countOf(2500n, "image", "images", "en")).toBe("2,500 images");
  expect(formatScore(0.87339, 3, "en")).toBe("0.873");
  expect(tidy(formatPercent(0.1249, 1, "de"))).toBe("12,5 %");
});

test("presigned URLs become paths of this origin", () => {
  expect(storePath("http://127.0.0.1:9000/images/u/a.jpg?X-Amz-Signature=1&x=%2F")).toBe("/images/u/a.jpg?X-Amz-Signature=1&x=%2F");
  expect([storePath(""), storePath(undefined), storePath("not a url")]).toEqual([undefined, undefined, undefined]);
});
