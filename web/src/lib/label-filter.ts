/** Labels that images must have, as addresses say them and as the contract's filters (AIP-160) do; pure. */
import { isLabelKey } from "./label-key";

/** A label that images must have; without a value, any value of the key. */
export interface LabelCondition {
  key: string;
  value?: string | undefined;
}

/** `key:value`, or `key` for any value; undefined if that is none. */
export function readLabel(text: string): LabelCondition | undefined {
  const at = text.indexOf(":");
  const key = at < 0 ? text : text.slice(0, at);
  if (!isLabelKey(key)) return undefined;
  return at < 0 ? { key } : { key, value: text.slice(at + 1) };
}

/** The opposite of `readLabel`. */
export function writeLabel({ key, value }: LabelCondition): string {
  return value === undefined ? key : `${key}:${value}`;
}

/** As people read it. */
export function sayLabel({ key, value }: LabelCondition): string {
  return value === undefined ? `has ${key}` : `${key}: ${value === "" ? "(empty)" : value}`;
}

/** The condition in a filter. */
export function labelTerm({ key, value }: LabelCondition): string {
  return value === undefined ? `labels:${key}` : `labels.${key} = ${quoted(value)}`;
}

/** A text in a filter; a backslash takes the next character as it is. */
export function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
