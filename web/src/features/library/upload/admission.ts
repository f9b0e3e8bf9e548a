/** Whether a file can be taken at all, before anything of it is sent; pure. */
import type { ImageLimits } from "@/gen/argus/installation/v1/installation_pb.js";
import { formatBytes } from "@/lib/numbers";

const NAMES: Record<string, string> = {
  "image/jpeg": "JPEG",
  "image/png": "PNG",
  "image/webp": "WebP",
  "image/gif": "GIF",
  "image/bmp": "BMP",
  "image/tiff": "TIFF",
  "image/avif": "AVIF",
  "image/heic": "HEIC",
};

/** As much of the installation's limits as is looked at; undefined while it has not said. */
export type Limits = Pick<ImageLimits, "maxBytes" | "contentTypes" | "maxFilenameLength">;

/** Why a file of this size and name is not taken; undefined if it may be. */
export function refusedBySize(file: { name: string; size: number }, limits: Limits | undefined): string | undefined {
  if (file.size === 0) return "The file is empty.";
  if (!limits) return undefined;
  if (limits.maxBytes > 0n && BigInt(file.size) > limits.maxBytes) {
    return `It has ${formatBytes(file.size)}; an image may have ${formatBytes(limits.maxBytes)}. Make it smaller and add it again.`;
  }
  if (limits.maxFilenameLength > 0 && Array.from(file.name).length > limits.maxFilenameLength) {
    return `Its name is longer than ${limits.maxFilenameLength} characters. Rename it and add it again.`;
  }
  return undefined;
}

/** Why a file of this type is not taken; undefined if it is. */
export function refusedByType(contentType: string | undefined, limits: Limits | undefined): string | undefined {
  const taken = limits?.contentTypes ?? [];
  const listed = (taken.length > 0 ? taken : Object.keys(NAMES).filter((type) => type !== "image/heic")).map(nameOf).join(", ");
  if (contentType === undefined) return `This is no image that Argus takes. It takes ${listed}.`;
  if (contentType === "image/heic" && !taken.includes(contentType)) return "HEIC images are not taken. Save it as JPEG and add that.";
  if (taken.length > 0 && !taken.includes(contentType)) return `${nameOf(contentType)} images are not taken here. It takes ${listed}.`;
  return undefined;
}

function nameOf(type: string): string {
  return NAMES[type] ?? type.replace(/^image\//, "").toUpperCase();
}
