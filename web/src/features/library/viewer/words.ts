/** What is said of an image's state; pure. */
import { type Image, Image_State } from "@/gen/argus/storage/v1/image_pb.js";
import type { Tone } from "@/ui/chip";

export interface StateWords {
  label: string;
  tone: Tone;
  /** What it means, and what to do; empty if all is well. */
  help: string;
}

export function stateWords({ state, failure }: Pick<Image, "state" | "failure">): StateWords {
  switch (state) {
    case Image_State.INDEXED:
      return { label: "Ready", tone: "normal", help: "" };
    case Image_State.UPLOADED:
      return { label: "Being indexed", tone: "neutral", help: "Search finds it in a moment." };
    case Image_State.FAILED:
      return { label: "Not usable", tone: "anomalous", help: `${failure?.message || "It could not be read as an image."} Delete it, and add the file again once it is mended.` };
    default:
      return { label: "Upload not finished", tone: "warning", help: "Its bytes have not come. Add the same file again, or delete this entry." };
  }
}

/** `JPEG`, of `image/jpeg`. */
export const typeWords = (contentType: string): string => contentType.replace(/^image\//, "").toUpperCase().replace("WEBP", "WebP");
