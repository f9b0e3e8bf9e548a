/** What is searched for, as the address has it; pure. */
import { type LabelCondition, labelTerm, readLabel, writeLabel } from "@/lib/label-filter";
import { isUuid } from "argus-client/request-id";

export type Query =
  | { kind: "none" }
  | { kind: "text"; text: string }
  /** The like of one of the person's own images. */
  | { kind: "like"; imageId: string }
  /** The like of a picture that this tab holds in memory; addresses cannot hold it. */
  | { kind: "picture"; pictureId: string };

export interface Search {
  query: Query;
  labels: readonly LabelCondition[];
}

/** Reads `?q=…|like=…|picture=…&label=…`. What makes no sense is left out. */
export function readSearch(params: URLSearchParams): Search {
  return { query: readQuery(params), labels: params.getAll("label").map(readLabel).filter((each) => each !== undefined) };
}

function readQuery(params: URLSearchParams): Query {
  const text = params.get("q")?.trim() ?? "";
  if (text !== "") return { kind: "text", text };
  const like = params.get("like") ?? "";
  if (isUuid(like)) return { kind: "like", imageId: like.toLowerCase() };
  const pictureId = params.get("picture") ?? "";
  return pictureId === "" ? { kind: "none" } : { kind: "picture", pictureId };
}

/** The address's query of a search. */
export function writeSearch({ query, labels }: Search): URLSearchParams {
  const params = new URLSearchParams();
  if (query.kind === "text") params.set("q", query.text);
  else if (query.kind === "like") params.set("like", query.imageId);
  else if (query.kind === "picture") params.set("picture", query.pictureId);
  for (const label of labels) params.append("label", writeLabel(label));
  return params;
}

/** Takes a label in, or out if it is in. */
export function toggleLabel(labels: readonly LabelCondition[], label: LabelCondition): LabelCondition[] {
  const written = writeLabel(label);
  const others = labels.filter((each) => writeLabel(each) !== written);
  return others.length === labels.length ? [...labels, label] : others;
}

/**
 * The contract's filter (AIP-160): values of one key are alternatives, keys all have to fit. Empty if
 * there are no labels.
 */
export function filterOf(labels: readonly LabelCondition[]): string {
  const keys = new Map<string, string[]>();
  for (const label of labels) keys.set(label.key, [...(keys.get(label.key) ?? []), labelTerm(label)]);
  return [...keys.values()]
    .map((conditions) => (conditions.length === 1 ? conditions[0] : `(${conditions.join(" OR ")})`))
    .join(" AND ");
}
