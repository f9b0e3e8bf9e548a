import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";

import { PartRuleSchema, ThresholdSchema } from "@/gen/argus/inspection/v1/inspection_pb.js";

import { ofParts, partRuleWords } from "./part-words";
import { choiceOf, problemOf, ruleOf } from "./parts/rule-choice";
import { falseAlarmSentence, thresholdWarnings } from "./threshold-words";

it("says which images show the same part", () => {
  expect(partRuleWords(undefined)).toBe("Each image its own");
  expect(partRuleWords(create(PartRuleSchema, { rule: { case: "label", value: "part" } }))).toBe("By the label part");
});

it("makes a rule of what was typed, and of a rule what is typed", () => {
  const rule = create(PartRuleSchema, { rule: { case: "filenamePattern", value: "^(a)" } });
  const choice = choiceOf(rule);
  expect(choice).toMatchObject({ kind: "filename", pattern: "^(a)" });
  expect(ruleOf(choice)).toEqual(rule);
  expect(ruleOf({ ...choice, kind: "compare" })).toBeUndefined();
  expect(ruleOf({ ...choice, kind: "none" })?.rule.case).toBeUndefined();
  expect(problemOf({ ...choice, kind: "label", label: "Not a key" })).toBeDefined();
  expect(problemOf({ ...choice, pattern: "" })).toBeDefined();
  expect(problemOf(choice)).toBeUndefined();
});

it("counts parts where images show the same one", () => {
  const threshold = create(ThresholdSchema, { value: 4, falseAlarmRate: 0.05, heldOutCount: 80, partCount: 20 });
  expect(ofParts(threshold)).toBe(" of 20 parts");
  expect(falseAlarmSentence(threshold)).toContain("80 normal images of 20 parts");
  expect(ofParts(create(ThresholdSchema, { heldOutCount: 20, partCount: 20 }))).toBe("");
  const few = create(ThresholdSchema, { targetFalseAlarmRate: 0.01, heldOutCount: 80, partCount: 20, extrapolated: true });
  expect(thresholdWarnings(few)[0]).toContain("only 20 parts; a rate of 1% needs 99");
  const one = create(ThresholdSchema, { heldOutCount: 80, partCount: 1, partsKnown: true });
  expect(thresholdWarnings(one)[0]).toContain("All images show one part");
});
