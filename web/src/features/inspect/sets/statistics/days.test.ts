import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, it } from "vitest";

import type { AgreementSchema} from "@/gen/argus/inspection/v1/inspection_pb.js";
import { StatsRowSchema } from "@/gen/argus/inspection/v1/inspection_pb.js";

import { groupedBy, judgedIn, ratesOf, tallyOf } from "../agreement";
import { dayLabel, daysOf, labelled } from "./days";

const row = (day: number, version: number, agreement: MessageInitShape<typeof AgreementSchema> = {}) =>
  create(StatsRowSchema, { day: { year: 2026, month: 3, day }, version, inspected: 10n, anomalous: 2n, agreement });

it("puts empty days between", () => {
  const days = daysOf([row(14, 2), row(12, 1), row(12, 2)]);
  expect(days.map(({ day }) => day)).toEqual(["2026-03-12", "2026-03-13", "2026-03-14"]);
  expect(days.map(({ tally }) => tally.inspected)).toEqual([20, 0, 10]);
});

it("shows the last of many", () => {
  expect(daysOf([row(1, 1), row(31, 1)], 7).map(({ day }) => day).at(0)).toBe("2026-03-25");
  expect(daysOf([])).toEqual([]);
});

it("adds agreement up, and has no rate of nothing", () => {
  const tally = tallyOf([
    row(12, 1, { truePositives: 3, falseNegatives: 1 }),
    row(13, 1, { truePositives: 1 }),
  ]);
  expect(judgedIn(tally)).toBe(5);
  expect(ratesOf(tally).recall?.value).toBe(0.8);
  expect(ratesOf(tally).falseAlarmRate).toBeUndefined();
});

it("groups rows in order", () => {
  expect(groupedBy([row(1, 3), row(2, 1), row(3, 3)], (each) => each.version).map(([version, rows]) => [version, rows.length])).toEqual([
    [3, 2],
    [1, 1],
  ]);
});

it("labels what has room, the last day always", () => {
  const shown = labelled(10, 4);
  expect(Array.from({ length: 10 }, (_, index) => shown(index)).map(Number).join("")).toBe("1001001001");
  expect(dayLabel("2026-03-12", "en-GB")).toBe("12 Mar");
});
