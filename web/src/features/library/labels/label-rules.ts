/** What a label's key may be; pure. The server has the last word. */
import { isLabelKey } from "@/lib/label-key";

/** What was typed as a key could be meant: lower case, without spaces. */
export function tidyKey(text: string): string {
  return text.trim().toLowerCase().replace(/\s+/g, "-");
}

/** What is wrong with a key, in words; undefined if nothing is. */
export function keyProblem(key: string): string | undefined {
  if (key === "") return "Name the label.";
  if (!/^[a-z]/.test(key)) return "Begin with a letter from a to z.";
  if (!isLabelKey(key)) return "Use letters from a to z, digits, and - _ . only.";
  return undefined;
}

/** Whether two images have the same labels. */
export function sameLabels(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]);
}
