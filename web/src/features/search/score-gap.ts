/** Where relevance falls: the place in a list of scores after which there is less alike; pure. */

/** Chance that an even list of scores shows a gap nevertheless. */
const FALSE_ALARMS = 0.05;
const FEWEST = 6;
/** A gap smaller than this share of the best score cannot be seen, however even the others are. */
const LEAST_SHARE = 0.04;

/**
 * How many of the best stand apart from what follows; undefined if none clearly do.
 *
 * Drops are naturally larger near both ends of a sorted list: where scores thin out exponentially, the
 * drop after the i-th times i has the same distribution for all i (Rényi, 1953). So drops are weighted
 * by the distance to the nearer end, and the largest is a gap if it exceeds what the largest of so many
 * equal exponential ones would, all but once in twenty lists. No score is too low by itself: kinds of
 * query and models have scales of their own.
 *
 * @param scores best first
 */
export function findGap(scores: readonly number[]): number | undefined {
  const drops = scores.length - 1;
  if (scores.length < FEWEST) return undefined;
  let total = 0;
  let largest = 0;
  let at = -1;
  for (let above = 1; above <= drops; above += 1) {
    const weighted = dropAfter(scores, above) * Math.min(above, scores.length - above);
    total += weighted;
    if (weighted > largest) {
      largest = weighted;
      at = above;
    }
  }
  const others = (total - largest) / (drops - 1);
  const limit = others * (Math.log(drops) - Math.log(-Math.log(1 - FALSE_ALARMS)));
  const visible = Math.abs(scores[0] ?? 0) * LEAST_SHARE;
  return at > 0 && largest > limit && dropAfter(scores, at) >= visible ? at : undefined;
}

/** From this score on it is the same picture, perhaps of another size or format. */
const COPY = 0.995;

/**
 * The gap of a list that comes page by page. Once pages have shown one it stays where it is, so that
 * nothing moves when more come. That copies of a picture are ahead of all others is no news: they count
 * as alike, and the gap is looked for after them.
 */
export function findGapInPages(pages: readonly (readonly number[])[]): number | undefined {
  const scores: number[] = [];
  for (const page of pages) {
    scores.push(...page);
    const copies = scores.findIndex((score) => score < COPY);
    const gap = copies < 0 ? undefined : findGap(scores.slice(copies));
    if (gap !== undefined) return copies + gap;
  }
  return undefined;
}

function dropAfter(scores: readonly number[], above: number): number {
  return Math.max(0, (scores[above - 1] ?? 0) - (scores[above] ?? 0));
}

/** How long the bar of a score is, relative to the best; 0 to 1. */
export function shareOfBest(score: number, best: number): number {
  return best <= 0 ? 0 : Math.min(1, Math.max(0, score / best));
}
