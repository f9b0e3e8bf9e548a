/** Which matches are more than chance; pure. */

/** As exact as scores are compared: the answer has them as 32-bit floats, the cut-off as a 64-bit one. */
const ROUNDING = 1e-6;

/**
 * How many of the best score at or above the cut-off; undefined without one.
 *
 * @param scores best first
 */
export function countLikely(scores: readonly number[], cutoff: number | undefined): number | undefined {
  if (cutoff === undefined) return undefined;
  const first = scores.findIndex((score) => score < cutoff - ROUNDING);
  return first < 0 ? scores.length : first;
}
