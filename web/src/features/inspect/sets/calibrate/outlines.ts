/** Outlines of regions of interest as they are written: a line for each, corners in percent. Pure. */

/** Fractions of width and height. */
export interface Corner {
  x: number;
  y: number;
}

export const MOST_OUTLINES = 16;
export const MOST_CORNERS = 200;
const FEWEST_CORNERS = 3;

export interface Outlines {
  outlines: readonly (readonly Corner[])[];
  /** What is wrong with what was written; empty if nothing is. */
  problem: string;
}

export function outlinesOf(text: string): Outlines {
  const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
  if (lines.length > MOST_OUTLINES) return { outlines: [], problem: `At most ${MOST_OUTLINES} outlines.` };
  const outlines: Corner[][] = [];
  for (const [index, line] of lines.entries()) {
    const corners = line.split(/[\s;]+/).map(cornerOf);
    if (corners.some((corner) => corner === undefined)) return { outlines, problem: `Line ${index + 1}: write corners as 10,20 in percent, with spaces between them.` };
    if (corners.length < FEWEST_CORNERS) return { outlines, problem: `Line ${index + 1}: an outline has ${FEWEST_CORNERS} corners or more.` };
    if (corners.length > MOST_CORNERS) return { outlines, problem: `Line ${index + 1}: an outline has at most ${MOST_CORNERS} corners.` };
    const found = corners as Corner[];
    const [first] = found;
    if (found.every(({ x }) => x === first?.x) || found.every(({ y }) => y === first?.y)) return { outlines, problem: `Line ${index + 1}: the outline has no area.` };
    outlines.push(found);
  }
  return { outlines, problem: "" };
}

export const outlineText = (outline: readonly Corner[]): string => outline.map(({ x, y }) => `${percent(x)},${percent(y)}`).join(" ");

export const outlinesText = (outlines: readonly (readonly Corner[])[]): string => outlines.map(outlineText).join("\n");

const percent = (share: number): string => String(Number((share * 100).toFixed(1)));

function cornerOf(text: string): Corner | undefined {
  const parts = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part) / 100));
  const [x, y] = parts;
  const inside = parts.length === 2 && parts.every((part) => part >= 0 && part <= 1);
  return inside && x !== undefined && y !== undefined ? { x, y } : undefined;
}
