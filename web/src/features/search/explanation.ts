/** What gave a match its score, as it is shown; pure. */
import { Contribution_Kind as Kind, type Match } from "@/gen/argus/search/v1/search_pb.js";
import type { FractionBox } from "@/lib/viewport";

import type { Example, Search } from "./query";

/** A part of a search: what is looked for, its signs aside. */
export type Part = { kind: "words"; text: string } | Exclude<Example["of"], { kind: "words" }>;

/** The examples in the contract's order: words, then the picture, then the others. */
export function partsOf({ text, subject, examples }: Search): Part[] {
  return [...(text === "" ? [] : [{ kind: "words" as const, text }]), ...(subject ? [subject.source] : []), ...examples.map(({ of }) => of)];
}

export interface Row {
  key: string;
  kind: "all" | "names" | "example";
  /** Of `example`. */
  part?: Part | undefined;
  weight: number;
  score: number;
  /** What it adds to the score; undefined for what adds nothing to a cosine. */
  share?: number | undefined;
  /** 0 where it was not computed. */
  rank: number;
  words: readonly string[];
}

export function rowsOf(match: Match, search: Search): Row[] {
  const parts = partsOf(search);
  return (match.explanation?.contributions ?? []).map((each, index) => {
    const kind = each.kind === Kind.EXAMPLE ? "example" : each.kind === Kind.WORDS ? "names" : "all";
    return {
      key: `${kind} ${index}`,
      kind,
      ...(kind === "example" && { part: parts[each.example], share: each.weight * each.score }),
      weight: each.weight,
      score: each.score,
      rank: each.rank,
      words: each.matchedWords,
    };
  });
}

/** Where in the image the search was found: the part that fits best, if the service says which. */
export function regionOf(match: Match | undefined): FractionBox | undefined {
  for (const each of match?.explanation?.contributions ?? []) {
    if (each.matchedRegion) return each.matchedRegion;
  }
  return undefined;
}
