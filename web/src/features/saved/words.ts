/** Saved searches in words; pure. */
import type { SearchImagesRequest } from "@/gen/argus/search/v1/search_pb.js";
import { formatScore } from "@/lib/numbers";

/** What a query looks for, in short. Lists have a query without its pictures. */
export function looksFor(query: SearchImagesRequest | undefined): string {
  if (!query) return "";
  const parts: string[] = query.text === "" ? [] : [`“${query.text}”`];
  if (query.imageId !== "") parts.push("like one of your images");
  for (const { source, weight } of query.examples) {
    const what = source.case === "text" ? `“${source.value}”` : "like a picture";
    parts.push(weight < 0 ? `not ${what}` : what);
  }
  if (parts.length === 0) parts.push("like a picture");
  if (query.filter !== "") parts.push(query.filter);
  return parts.join(", ");
}

/** From which score on an image matches. */
export function lineOf(query: SearchImagesRequest | undefined): string {
  if (!query) return "";
  const least = query.minScore === undefined ? "" : `from ${formatScore(query.minScore)}`;
  return [query.confidentOnly ? "more than chance" : "", least].filter(Boolean).join(", ");
}

/** A name to begin with. */
export function proposedName(text: string): string {
  return text.trim().replace(/\s+/g, " ").slice(0, 80);
}

/**
 * The line from what a person left in the field: the cut-off as it is whenever an image comes, if they left it as it was.
 * Undefined for what is no score.
 */
export function lineFrom(typed: string, cutoff: number | undefined): { confidentOnly: true } | { minScore: number } | undefined {
  if (cutoff !== undefined && typed === formatScore(cutoff)) return { confidentOnly: true };
  const score = Number(typed.replace(",", "."));
  return typed.trim() !== "" && score >= -1 && score <= 1 ? { minScore: score } : undefined;
}
