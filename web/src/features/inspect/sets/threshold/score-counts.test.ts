import { expect, it } from "vitest";

import { binsOf, countAbove, domainOf, estimateAt, merged, recentIn } from "./score-counts";

const histogram = {
  edges: [0, 1, 2, 3, 4],
  heldOut: [6, 3, 0, 0],
  recent: [4, 4, 2, 3],
  judgedNormal: [1, 1, 0, 0],
  judgedDefective: [0, 0, 1, 2],
  heldOutCount: 9,
  recentCount: 13,
};

it("counts what lies above, evenly within a bin", () => {
  expect(countAbove(histogram.edges, histogram.recent, 0)).toBe(13);
  expect(countAbove(histogram.edges, histogram.recent, 2)).toBe(5);
  expect(countAbove(histogram.edges, histogram.recent, 1.5)).toBe(7);
  expect(countAbove(histogram.edges, histogram.recent, 4)).toBe(0);
});

it("tells which verdicts a lower and a higher threshold flip", () => {
  expect(estimateAt(histogram, 2, 1)).toMatchObject({ becomeAnomalous: 4, becomeNormal: 0, anomalous: 9 });
  expect(estimateAt(histogram, 2, 3)).toMatchObject({ becomeAnomalous: 0, becomeNormal: 2, anomalous: 3 });
  expect(estimateAt(histogram, 2, 2)).toMatchObject({ becomeAnomalous: 0, becomeNormal: 0 });
});

it("expects false alarms by rank, and none of nothing", () => {
  expect(estimateAt(histogram, 2, 1).falseAlarmRate).toBeCloseTo(0.4);
  expect(estimateAt(histogram, 2, 3).falseAlarmRate).toBeCloseTo(0.1);
  expect(estimateAt({ ...histogram, heldOutCount: 0 }, 2, 1).falseAlarmRate).toBeUndefined();
});

it("merges bins without losing any", () => {
  const bins = binsOf(histogram);
  expect(bins.map(recentIn)).toEqual(histogram.recent);
  const wide = merged(bins, 2);
  expect(wide).toHaveLength(2);
  expect(wide.map(recentIn)).toEqual([8, 5]);
  expect(wide[1]).toMatchObject({ low: 2, high: 4, judgedDefective: 3 });
});

it("leaves room above the present threshold", () => {
  expect(domainOf(histogram, 2)).toEqual([0, 4]);
  expect(domainOf(histogram, 4)[1]).toBeCloseTo(4.6);
});
