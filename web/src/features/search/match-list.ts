/** All matches of a search as a file for a spreadsheet; pure. */
import type { Match } from "@/gen/argus/search/v1/search_pb.js";
import { toDate } from "@/lib/time";

export const HEADINGS = ["image_id", "filename", "score", "create_time", "content_type", "size_bytes", "width", "height", "labels"] as const;

/** A line of the file, as RFC 4180 has it; undefined for a match without an image. */
export function lineOf({ image, score }: Match): string | undefined {
  if (!image) return undefined;
  const labels = Object.entries(image.labels)
    .map(([key, value]) => `${key}=${value}`)
    .join("; ");
  const cells = [
    image.imageId,
    image.filename,
    String(Number(score.toFixed(6))),
    toDate(image.createTime)?.toISOString() ?? "",
    image.contentType,
    String(image.sizeBytes),
    String(image.width),
    String(image.height),
    labels,
  ];
  return cells.map(cellOf).join(",");
}

/** What begins so is a formula to a spreadsheet, which a file name must not be. */
const FORMULA = /^[=+@\t\r]|^-(?!\d+(?:\.\d+)?$)/;

function cellOf(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}
