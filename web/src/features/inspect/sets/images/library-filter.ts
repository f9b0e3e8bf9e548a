/** The filter of a picker: images that can be used, with a label perhaps. Pure. */
import type { LabelKey } from "@/gen/argus/storage/v1/image_pb.js";
import { labelTerm } from "@/lib/label-filter";
import { isUuid } from "argus-client/request-id";

export interface LabelChoice {
  key: string;
  value: string;
}

/** AIP-160, as ListImages takes it. Broken images and those still on their way are no use. */
export function libraryFilter(label: LabelChoice | undefined): string {
  const usable = "(state = UPLOADED OR state = INDEXED)";
  return label ? `${usable} AND ${labelTerm(label)}` : usable;
}

/** What a list of labels offers: `line = 3 (14)`. The value is JSON, for both may have any sign in them. */
export function labelOptions(keys: readonly LabelKey[]): { value: string; label: string }[] {
  return keys.flatMap(({ key, values }) =>
    values.map(({ value, imageCount }) => ({
      value: JSON.stringify([key, value]),
      label: `${key} = ${value || "(empty)"} (${imageCount})`,
    })),
  );
}

export function parseLabel(text: string): LabelChoice | undefined {
  if (text === "") return undefined;
  const [key, value] = JSON.parse(text) as [string, string];
  return { key, value };
}

/** UUIDs among words, each once; what is none is told apart. */
export function parseIds(text: string): { ids: string[]; wrong: string[] } {
  const words = text.split(/[\s,;"']+/).filter((word) => word !== "");
  const ids = new Set<string>();
  const wrong = new Set<string>();
  for (const word of words) {
    if (isUuid(word)) ids.add(word.toLowerCase());
    else wrong.add(word);
  }
  return { ids: [...ids], wrong: [...wrong] };
}
