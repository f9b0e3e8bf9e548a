/** Which labels several images have; pure. */
import type { Image } from "@/gen/argus/storage/v1/image_pb.js";

export interface LabelSummary {
  key: string;
  /** Undefined if they have different ones. */
  value: string | undefined;
  /** Images that have the key. */
  count: number;
}

/** By key, in alphabetical order. */
export function summarise(images: readonly Pick<Image, "labels">[]): LabelSummary[] {
  const found = new Map<string, LabelSummary>();
  for (const { labels } of images) {
    for (const [key, value] of Object.entries(labels)) {
      const known = found.get(key);
      if (!known) found.set(key, { key, value, count: 1 });
      else found.set(key, { key, value: known.value === value ? value : undefined, count: known.count + 1 });
    }
  }
  return [...found.values()].sort((one, other) => (one.key < other.key ? -1 : 1));
}
