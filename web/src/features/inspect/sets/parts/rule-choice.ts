/** What is chosen and typed of a rule of parts, and the rule that it makes. Pure. */
import { create, equals } from "@bufbuild/protobuf";

import { type PartRule, PartRuleSchema } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { isLabelKey } from "@/lib/label-key";

export type Kind = "none" | "label" | "filename" | "compare";

export interface RuleChoice {
  kind: Kind;
  label: string;
  pattern: string;
}

/** As the set has it. */
export function choiceOf(rule: PartRule | undefined): RuleChoice {
  const label = rule?.rule.case === "label" ? rule.rule.value : "part";
  const pattern = rule?.rule.case === "filenamePattern" ? rule.rule.value : "^([0-9]+)_";
  return { kind: kindOf(rule), label, pattern };
}

function kindOf(rule: PartRule | undefined): Kind {
  switch (rule?.rule.case) {
    case "label":
      return "label";
    case "filenamePattern":
      return "filename";
    case "proposal":
      return "compare";
    default:
      return "none";
  }
}

/** The rule to ask for; undefined to have pictures compared. */
export function ruleOf({ kind, label, pattern }: RuleChoice): PartRule | undefined {
  switch (kind) {
    case "label":
      return create(PartRuleSchema, { rule: { case: "label", value: label } });
    case "filename":
      return create(PartRuleSchema, { rule: { case: "filenamePattern", value: pattern } });
    case "compare":
      return undefined;
    case "none":
      return create(PartRuleSchema, {});
  }
}

/** Whether choosing a rule would change nothing. */
export const sameRule = (rule: PartRule, present: PartRule | undefined): boolean => equals(PartRuleSchema, rule, present ?? create(PartRuleSchema));

/** What is wrong with what was typed; undefined if nothing is. */
export function problemOf({ kind, label, pattern }: RuleChoice): string | undefined {
  if (kind === "label" && !isLabelKey(label)) return "A label’s key: lower-case letters, digits, `_`, `.` and `-`.";
  if (kind === "filename" && (pattern === "" || pattern.length > 200)) return "1 to 200 characters.";
  return undefined;
}
