/**
 * What is searched for, as the address has it; pure. The address says all of it, so that a search can be sent to
 * somebody, and so that the way back leads to it:
 *
 * `?q=a cat -dog&like=ID&box=0.1,0,0.6,0.5&more=2*ID&less=words:at night&label=kind:cat&month=2026-03&fold=1`
 */
import { isUuid } from "argus-client/request-id";

import type { FractionBox } from "@/lib/viewport";

import { type Filter, NO_FILTER, readFilter, writeFilter } from "./filter";
import { readBox, writeBox } from "./box";
import { readMarks } from "./marks";

/** A picture: one of the person's own images, or one that this tab holds in memory, which addresses cannot hold. */
export type Source = { kind: "image"; imageId: string } | { kind: "picture"; pictureId: string };

/** A picture that is searched with, or a part of it. */
export interface Subject {
  source: Source;
  region?: FractionBox | undefined;
}

/** More that the wanted images are like, or unlike. */
export interface Example {
  of: { kind: "words"; text: string } | Source;
  region?: FractionBox | undefined;
  /** How much it counts, `LEAST_WEIGHT` to `MOST_WEIGHT`. */
  weight: number;
  /** The wanted images are unlike it. */
  unlike: boolean;
}

/** What orders the images that words look for; `auto` leaves it to the service. */
export type Matching = "auto" | "meaning" | "words" | "both";

/** What of images is looked at; `auto` leaves it to the service: parts for a part of a picture, where there are some. */
export type Within = "auto" | "parts" | "whole";

/** How it is searched. */
export interface Manner {
  matching: Matching;
  /** How much words in names and labels count beside meaning, 0 to 10. */
  wordsWeight: number;
  /** How much matches are to differ from each other, 0 to 1. */
  diversity: number;
  /** Near-duplicates are one result. */
  fold: boolean;
  /** No graph, no quantization. */
  exact: boolean;
  within: Within;
  /** Only matches with this score, -1 to 1. */
  minScore?: number | undefined;
}

export interface Search {
  /** Words, with quotes and minus, as they were typed. */
  text: string;
  subject?: Subject | undefined;
  examples: readonly Example[];
  filter: Filter;
  manner: Manner;
  /** Images that are not to be found. */
  without: readonly string[];
}

/** What the contract takes. */
export const MOST_EXAMPLES = 16;
export const MOST_WEIGHT = 10;
export const LEAST_WEIGHT = 0.1;
export const MOST_WITHOUT = 900;

export const PLAIN: Manner = { matching: "auto", wordsWeight: 1, diversity: 0, fold: false, exact: false, within: "auto" };
export const NOTHING: Search = { text: "", examples: [], filter: NO_FILTER, manner: PLAIN, without: [] };

const MATCHINGS = ["meaning", "words", "both"] as const;
const WITHIN = ["parts", "whole"] as const;
const EXAMPLE = /^(?:(\d+(?:\.\d+)?)\*)?(.+)$/s;
const PICTURE = "picture:";
const WORDS = "words:";

/** Reads an address. What makes no sense is left out. */
export function readSearch(params: URLSearchParams): Search {
  const region = readBox(params.get("box") ?? "");
  const like = params.get("like") ?? "";
  const picture = params.get("picture") ?? "";
  const source: Source | undefined = isUuid(like)
    ? { kind: "image", imageId: like.toLowerCase() }
    : picture !== ""
      ? { kind: "picture", pictureId: picture }
      : undefined;
  const examples = [...params].flatMap(([name, value]) => (name === "more" || name === "less" ? (readExample(value, name === "less") ?? []) : []));
  return {
    text: params.get("q")?.trim() ?? "",
    ...(source && { subject: { source, ...(region && { region }) } }),
    examples: examples.slice(0, MOST_EXAMPLES),
    filter: readFilter(params),
    manner: readManner(params),
    without: params.getAll("without").filter(isUuid).slice(0, MOST_WITHOUT).map((id) => id.toLowerCase()),
  };
}

function readExample(text: string, unlike: boolean): Example | undefined {
  const [, factor, said = ""] = EXAMPLE.exec(text) ?? [];
  const weight = Math.min(MOST_WEIGHT, Math.max(LEAST_WEIGHT, Number(factor ?? 1)));
  if (said.startsWith(WORDS)) {
    const words = said.slice(WORDS.length).trim();
    return words === "" ? undefined : { of: { kind: "words", text: words }, weight, unlike };
  }
  const [id = "", box = ""] = said.split("@");
  const region = readBox(box);
  const rest = { weight, unlike, ...(region && { region }) };
  if (id.startsWith(PICTURE)) return { of: { kind: "picture", pictureId: id.slice(PICTURE.length) }, ...rest };
  return isUuid(id) ? { of: { kind: "image", imageId: id.toLowerCase() }, ...rest } : undefined;
}

function writeExample({ of, region, weight }: Example): string {
  const factor = weight === 1 ? "" : `${Number(weight.toFixed(2))}*`;
  if (of.kind === "words") return `${factor}${WORDS}${of.text}`;
  const id = of.kind === "image" ? of.imageId : `${PICTURE}${of.pictureId}`;
  return `${factor}${id}${region ? `@${writeBox(region)}` : ""}`;
}

function readManner(params: URLSearchParams): Manner {
  const number = (name: string, least: number, most: number): number | undefined => {
    const text = params.get(name) ?? "";
    const value = Number(text);
    return text !== "" && value >= least && value <= most ? value : undefined;
  };
  const minScore = number("min", -1, 1);
  return {
    matching: MATCHINGS.find((each) => each === params.get("by")) ?? "auto",
    wordsWeight: number("words", 0.1, 10) ?? 1,
    diversity: number("diverse", 0, 1) ?? 0,
    fold: params.get("fold") === "1",
    exact: params.get("exact") === "1",
    within: WITHIN.find((each) => each === params.get("in")) ?? "auto",
    ...(minScore !== undefined && { minScore }),
  };
}

/** The address's query of a search; the opposite of `readSearch`. */
export function writeSearch({ text, subject, examples, filter, manner, without }: Search): URLSearchParams {
  const params = new URLSearchParams();
  if (text !== "") params.set("q", text);
  if (subject?.source.kind === "image") params.set("like", subject.source.imageId);
  if (subject?.source.kind === "picture") params.set("picture", subject.source.pictureId);
  if (subject?.region) params.set("box", writeBox(subject.region));
  for (const example of examples) params.append(example.unlike ? "less" : "more", writeExample(example));
  writeFilter(filter, params);
  if (manner.matching !== "auto") params.set("by", manner.matching);
  if (manner.wordsWeight !== 1) params.set("words", String(manner.wordsWeight));
  if (manner.diversity !== 0) params.set("diverse", String(manner.diversity));
  if (manner.fold) params.set("fold", "1");
  if (manner.exact) params.set("exact", "1");
  if (manner.within !== "auto") params.set("in", manner.within);
  if (manner.minScore !== undefined) params.set("min", String(manner.minScore));
  for (const id of without) params.append("without", id);
  return params;
}

/** Of what kind a search is: scores of one kind compare. */
export type Kind = "none" | "words" | "picture" | "mix";

export function kindOf({ text, subject, examples }: Search): Kind {
  const parts = (text === "" ? 0 : 1) + (subject ? 1 : 0) + examples.length;
  if (parts === 0) return "none";
  if (parts > 1) return "mix";
  const only = examples[0];
  if (only) return only.of.kind === "words" ? "words" : "picture";
  return subject ? "picture" : "words";
}

/** Whether something is wanted, and not only left out. */
export function isWanting({ text, subject, examples }: Search): boolean {
  return readMarks(text).wanted !== "" || subject !== undefined || examples.some((each) => !each.unlike);
}

/** Whether matches come in the order of their scores, as far as these say; what is arranged to differ does not. */
export function isRankedByScore({ manner }: Search): boolean {
  return manner.diversity === 0;
}

/** The person's images that it is searched with, so that they are no finds. */
export function imagesOf({ subject, examples }: Search): string[] {
  const all = [...(subject ? [subject.source] : []), ...examples.map((each) => each.of)];
  return [...new Set(all.flatMap((of) => (of.kind === "image" ? [of.imageId] : [])))];
}

/** The pictures in memory that it is searched with. */
export function picturesOf({ subject, examples }: Search): string[] {
  const all = [...(subject ? [subject.source] : []), ...examples.map((each) => each.of)];
  return [...new Set(all.flatMap((of) => (of.kind === "picture" ? [of.pictureId] : [])))];
}

/** With one of the person's images as an example; one that was there already changes sides. */
export function withExample(search: Search, imageId: string, unlike: boolean): Search {
  const others = search.examples.filter(({ of }) => of.kind !== "image" || of.imageId !== imageId);
  const example: Example = { of: { kind: "image", imageId }, weight: 1, unlike };
  return { ...search, examples: [...others, example].slice(-MOST_EXAMPLES) };
}

/** Only this image, among the same. */
export function onlyLike(search: Search, imageId: string): Search {
  return { ...search, text: "", examples: [], subject: { source: { kind: "image", imageId } } };
}

/** Without the pictures that are not kept any more. */
export function withoutPictures(search: Search, gone: ReadonlySet<string>): Search {
  const isGone = (of: Example["of"]): boolean => of.kind === "picture" && gone.has(of.pictureId);
  const { subject, ...rest } = search;
  return {
    ...rest,
    ...(subject && !isGone(subject.source) && { subject }),
    examples: search.examples.filter(({ of }) => !isGone(of)),
  };
}
