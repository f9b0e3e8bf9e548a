/** What a version finds of painted defects: as a matrix, and as advice. Pure. */
import { CalibrationSettings_Scorer, type Sensitivity, type Version } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { countOf } from "@/lib/numbers";
import { shareOf, type Share } from "@/lib/shares";

/** A share found below which defects are usually missed. */
const USUALLY = 0.5;
const NEARLY_ALL = 0.9;
/** Of fewer images nothing is painted. */
const LEAST_IMAGES = 4;

export interface Found {
  found: number;
  painted: number;
  share: Share | undefined;
}

export interface MatrixRow {
  /** `Clear scratch`, or `Clear` where kinds are taken together. */
  label: string;
  /** One for each size; undefined where none was painted. */
  cells: (Found | undefined)[];
}

export interface Matrix {
  /** Pixels, ascending. */
  sizes: number[];
  rows: MatrixRow[];
}

/** Kinds and contrasts by sizes, clear ones first. */
export function matrixByKind(rows: readonly Sensitivity[]): Matrix {
  const kinds = [...new Set(rows.map((row) => row.kind))];
  return matrix(rows, contrastsOf(rows).flatMap((contrast) => kinds.map((kind) => ({ contrast, kind }))));
}

/** Contrasts by sizes, all kinds taken together. */
export function matrixByContrast(rows: readonly Sensitivity[]): Matrix {
  return matrix(rows, contrastsOf(rows).map((contrast) => ({ contrast })));
}

function matrix(rows: readonly Sensitivity[], wanted: readonly { contrast: number; kind?: string }[]): Matrix {
  const sizes = sizesOf(rows);
  const clearest = contrastsOf(rows)[0];
  return {
    sizes,
    rows: wanted.flatMap(({ contrast, kind }) => {
      const some = rows.filter((row) => row.contrast === contrast && (kind === undefined || row.kind === kind));
      if (some.length === 0) return [];
      const how = contrast === clearest ? "Clear" : "Faint";
      return [{ label: kind === undefined ? how : `${how} ${kind}`, cells: sizes.map((size) => sum(some.filter((row) => row.sizePx === size))) }];
    }),
  };
}

function sum(rows: readonly Sensitivity[]): Found | undefined {
  const painted = rows.reduce((all, row) => all + row.painted, 0);
  const found = rows.reduce((all, row) => all + row.found, 0);
  return painted === 0 ? undefined : { found, painted, share: shareOf(found, painted) };
}

/** What is usually missed, and what helps. */
export function sensitivityAdvice(version: Version): string {
  const rows = version.sensitivity;
  if (rows.length === 0) return `Which defects it would find cannot be estimated${whyNot(version)}.`;
  const [clearest, faintest] = [contrastsOf(rows)[0], contrastsOf(rows).at(-1)];
  const clear = missedOf(rows.filter((row) => row.contrast === clearest));
  const faintRows = rows.filter((row) => row.contrast === faintest);
  const hasFaint = clearest !== faintest;
  const faint = hasFaint && !clear.missed ? missedOf(faintRows, "Faint defects") : undefined;
  const told = faint ?? clear;
  const more = hasFaint && clear.missed && share(faintRows) < USUALLY ? " Faint ones are missed more often still." : "";
  const size = version.settings?.size ? ` (now ${version.settings.size} px)` : "";
  const help = told.missed
    ? ` More images (it has ${version.imageCount}), a larger size${size} or a stronger model help.`
    : "";
  return `${told.words}${more}${help} Real defects may be harder to see than painted ones.`;
}

function missedOf(rows: readonly Sensitivity[], defects = "Defects"): { words: string; missed: boolean } {
  const sizes = sizesOf(rows);
  const shares = sizes.map((size) => share(rows.filter((row) => row.sizePx === size)));
  const last = shares.findLastIndex((each) => each < USUALLY);
  if (last < 0) {
    const most = share(rows) >= NEARLY_ALL ? "Nearly all" : "Most";
    return { words: `${most} ${defects.toLowerCase()} of ${sizes[0] ?? 0} px and more are found.`, missed: false };
  }
  const above = sizes[last + 1];
  return above === undefined
    ? { words: `${defects} of up to ${sizes[last] ?? 0} px are usually missed.`, missed: true }
    : { words: `${defects} smaller than about ${above} px are usually missed.`, missed: true };
}

function whyNot(version: Version): string {
  if (version.settings?.scorer === CalibrationSettings_Scorer.IMAGE_KNN) return " for this scorer";
  if (version.hasHead) return " for a version with a head";
  if (version.imageCount < LEAST_IMAGES) return ` from ${countOf(version.imageCount, "image")}; it takes ${LEAST_IMAGES}`;
  return " for this version; calibrate from scratch";
}

const share = (rows: readonly Sensitivity[]): number => sum(rows)?.share?.value ?? 0;
const sizesOf = (rows: readonly Sensitivity[]): number[] => [...new Set(rows.map((row) => row.sizePx))].sort((a, b) => a - b);
/** The clearest first. */
const contrastsOf = (rows: readonly Sensitivity[]): number[] => [...new Set(rows.map((row) => row.contrast))].sort((a, b) => b - a);
