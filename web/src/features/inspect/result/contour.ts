/**
 * Lines along which a heat map has one level: marching squares (Lorensen and Cline 1987, in two
 * dimensions), its pieces joined to lines.
 */
import type { GreyImage } from "./grey-png";

/** Fractions of the image's width and height: x, y, x, y, … A closed line ends where it begins. */
export type Line = readonly number[];

/** Edges of a cell: above, right, below, left. For each case pairs of edges that a line joins. */
const CASES: readonly (readonly number[])[] = [
  [], [3, 0], [0, 1], [3, 1], [1, 2], [], [0, 2], [3, 2],
  [2, 3], [2, 0], [], [2, 1], [1, 3], [1, 0], [0, 3], [],
];
/** The two cases that have two meanings; the cell's mean says which. */
const SADDLES: Readonly<Record<number, readonly [low: readonly number[], high: readonly number[]]>> = {
  5: [[3, 0, 1, 2], [3, 2, 1, 0]],
  10: [[0, 1, 2, 3], [0, 3, 2, 1]],
};

/**
 * Lines between what is above `level` and what is not.
 *
 * @param mostSamples of the longer side; a map is smooth, so not each of its pixels is looked at
 */
export function contour(map: GreyImage, level: number, mostSamples = 256): Line[] {
  const step = Math.max(1, Math.ceil(Math.max(map.width, map.height) / mostSamples));
  const columns = Math.floor((map.width - 1) / step) + 1;
  const rows = Math.floor((map.height - 1) / step) + 1;
  const value = (column: number, row: number): number => map.levels[row * step * map.width + column * step] ?? 0;

  // An edge's number: twice its first corner's, and one more if it goes down.
  const points = new Map<number, readonly [number, number]>();
  const joined = new Map<number, number[]>();
  const pointOn = (column: number, row: number, down: boolean): number => {
    const edge = 2 * (row * columns + column) + (down ? 1 : 0);
    if (!points.has(edge)) {
      const from = value(column, row);
      const to = down ? value(column, row + 1) : value(column + 1, row);
      const part = from === to ? 0.5 : (level - from) / (to - from);
      const x = (column + (down ? 0 : part)) * step;
      const y = (row + (down ? part : 0)) * step;
      points.set(edge, [(x + 0.5) / map.width, (y + 0.5) / map.height]);
    }
    return edge;
  };
  const join = (a: number, b: number): void => {
    for (const [one, other] of [[a, b], [b, a]] as const) {
      const others = joined.get(one);
      if (others) others.push(other);
      else joined.set(one, [other]);
    }
  };

  for (let row = 0; row + 1 < rows; row += 1) {
    for (let column = 0; column + 1 < columns; column += 1) {
      const corners = [value(column, row), value(column + 1, row), value(column + 1, row + 1), value(column, row + 1)] as const;
      const which = corners.reduce((sum, corner, index) => sum + (corner > level ? 1 << index : 0), 0);
      if (which === 0 || which === 15) continue;
      const saddle = SADDLES[which];
      const high = corners[0] + corners[1] + corners[2] + corners[3] > 4 * level;
      const pairs = saddle ? saddle[high ? 1 : 0] : (CASES[which] ?? []);
      const edges = pairs.map((edge) =>
        edge === 0 ? pointOn(column, row, false)
        : edge === 1 ? pointOn(column + 1, row, true)
        : edge === 2 ? pointOn(column, row + 1, false)
        : pointOn(column, row, true),
      );
      for (let pair = 0; pair < edges.length; pair += 2) join(edges[pair] ?? 0, edges[pair + 1] ?? 0);
    }
  }
  return linesOf(points, joined);
}

/** Joins pieces to lines: first those with ends, at the image's border, then the closed ones. */
function linesOf(points: ReadonlyMap<number, readonly [number, number]>, joined: ReadonlyMap<number, readonly number[]>): Line[] {
  const seen = new Set<number>();
  const lines: Line[] = [];
  const ends = [...joined].filter(([, others]) => others.length === 1).map(([edge]) => edge);
  for (const start of [...ends, ...joined.keys()]) {
    if (seen.has(start)) continue;
    const line: number[] = [];
    let last = start;
    for (let at: number | undefined = start; at !== undefined; ) {
      seen.add(at);
      line.push(...(points.get(at) ?? []));
      last = at;
      at = joined.get(at)?.find((other) => !seen.has(other));
    }
    const closes = line.length > 4 && (joined.get(start)?.length ?? 0) > 1 && joined.get(last)?.includes(start);
    if (closes) line.push(...(points.get(start) ?? []));
    lines.push(line);
  }
  return lines;
}

/** The `d` of an SVG path, in thousandths of the image. */
export function pathOf(lines: readonly Line[]): string {
  return lines
    .map((line) => {
      const pairs: string[] = [];
      for (let at = 0; at + 1 < line.length; at += 2) pairs.push(`${thousandths(line[at])} ${thousandths(line[at + 1])}`);
      return pairs.length > 1 ? `M${pairs.join("L")}` : "";
    })
    .join("");
}

const thousandths = (fraction: number | undefined): number => Math.round((fraction ?? 0) * 10_000) / 10;
