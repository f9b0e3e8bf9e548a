/**
 * What a histogram of scores says of a threshold at once, while the exact counts are asked for. Pure.
 * Scores are taken to lie evenly within their bin, so what is counted here is about right.
 */
import type { GetScoreHistogramResponse } from "@/gen/argus/inspection/v1/inspection_pb.js";

export type ScoreHistogram = Pick<
  GetScoreHistogramResponse,
  "edges" | "heldOut" | "recent" | "judgedNormal" | "judgedDefective" | "heldOutCount" | "recentCount"
>;

/** How far beyond the present threshold a slider goes at least, as a share of it. */
const HEADROOM = 0.15;

/** All scores, and room to raise the threshold. */
export function domainOf({ edges }: Pick<ScoreHistogram, "edges">, present: number): [number, number] {
  return [edges[0] ?? 0, Math.max(edges.at(-1) ?? 1, present * (1 + HEADROOM))];
}

/** About how many lie above a score. */
export function countAbove(edges: readonly number[], counts: readonly number[], score: number): number {
  let above = 0;
  for (const [bin, count] of counts.entries()) {
    const low = edges[bin] ?? 0;
    const high = edges[bin + 1] ?? low;
    if (score <= low) above += count;
    // What lies beyond the last edge is counted in the last bin: it is above as long as the score is within.
    else if (score < high) above += count * ((high - score) / (high - low));
  }
  return above;
}

export interface Estimate {
  becomeAnomalous: number;
  becomeNormal: number;
  anomalous: number;
  /** Share of held-out normal images above; the rank rule of a calibration: (above + 1) / (n + 1). */
  falseAlarmRate: number | undefined;
}

/** What moving the threshold would change, about. */
export function estimateAt(histogram: ScoreHistogram, present: number, candidate: number): Estimate {
  const above = (score: number): number => Math.round(countAbove(histogram.edges, histogram.recent, score));
  const heldOutAbove = Math.round(countAbove(histogram.edges, histogram.heldOut, candidate));
  return {
    becomeAnomalous: candidate < present ? above(candidate) - above(present) : 0,
    becomeNormal: candidate > present ? above(present) - above(candidate) : 0,
    anomalous: above(candidate),
    falseAlarmRate: histogram.heldOutCount > 0 ? (heldOutAbove + 1) / (histogram.heldOutCount + 1) : undefined,
  };
}

export interface Bin {
  low: number;
  high: number;
  heldOut: number;
  judgedNormal: number;
  judgedDefective: number;
  /** Recent ones that nobody judged. */
  unjudged: number;
}

export function binsOf(histogram: ScoreHistogram): Bin[] {
  return histogram.heldOut.map((heldOut, bin) => {
    const judgedNormal = histogram.judgedNormal[bin] ?? 0;
    const judgedDefective = histogram.judgedDefective[bin] ?? 0;
    return {
      low: histogram.edges[bin] ?? 0,
      high: histogram.edges[bin + 1] ?? 0,
      heldOut,
      judgedNormal,
      judgedDefective,
      unjudged: Math.max(0, (histogram.recent[bin] ?? 0) - judgedNormal - judgedDefective),
    };
  });
}

export const recentIn = (bin: Bin): number => bin.judgedNormal + bin.judgedDefective + bin.unjudged;

/** Fewer, wider bins, for a table. */
export function merged(bins: readonly Bin[], most: number): Bin[] {
  const each = Math.max(1, Math.ceil(bins.length / most));
  return Array.from({ length: Math.ceil(bins.length / each) }, (_, index) => {
    const some = bins.slice(index * each, (index + 1) * each);
    const sum = (of: (bin: Bin) => number): number => some.reduce((all, bin) => all + of(bin), 0);
    return {
      low: some[0]?.low ?? 0,
      high: some.at(-1)?.high ?? 0,
      heldOut: sum((bin) => bin.heldOut),
      judgedNormal: sum((bin) => bin.judgedNormal),
      judgedDefective: sum((bin) => bin.judgedDefective),
      unjudged: sum((bin) => bin.unjudged),
    };
  });
}
