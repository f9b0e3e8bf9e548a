import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, it } from "vitest";

import { ThresholdSchema } from "@/gen/argus/inspection/v1/inspection_pb.js";

import { falseAlarmSentence, imagesFor, originOf, thresholdWarnings } from "./threshold-words";

const threshold = (some: MessageInitShape<typeof ThresholdSchema>) =>
  create(ThresholdSchema, { value: 4, targetFalseAlarmRate: 0.01, falseAlarmRate: 0.01, falseAlarmRateLow: 0.001, falseAlarmRateHigh: 0.028, heldOutCount: 200, ...some });

it("says false alarms to come with their interval", () => {
  expect(falseAlarmSentence(threshold({}))).toMatch(/About 1 in 100 good parts will be rejected; 0.1 to 2.8\s?% with 95\s?% confidence, estimated from 200 normal images./);
  expect(falseAlarmSentence(threshold({ heldOutCount: 0 }))).toContain("cannot be estimated");
});

it("says how it came about", () => {
  expect(originOf(threshold({ setByPerson: true }))).toBe("Set by a person");
  expect(originOf(threshold({}))).toMatch(/For a target of 1\s?%/);
});

it("warns where it is a guess", () => {
  expect(thresholdWarnings(threshold({}))).toEqual([]);
  expect(thresholdWarnings(threshold({ heldOutCount: 30, extrapolated: true }))[0]).toContain("needs 99");
  expect(thresholdWarnings(threshold({ heldOutCount: 12, targetFalseAlarmRate: 0.1 }))[0]).toContain("Only 12 normal images were held out");
});

it("knows how many images a rate takes", () => {
  expect([0.01, 0.05, 0.1].map(imagesFor)).toEqual([99, 19, 9]);
});
