import { expect, it } from "vitest";

import { formatTimeLeft, paced, timeLeft } from "./pace";

it("tells nothing before something was seen", () => {
  const begun = paced(undefined, "features", 0, 100, 0);
  expect(timeLeft(begun)).toBeUndefined();
  expect(timeLeft(paced(begun, "features", 20, 100, 1000))).toBeUndefined();
  expect(timeLeft(paced(begun, "features", 2, 100, 9000))).toBeUndefined();
});

it("goes by the pace since the stage was first seen", () => {
  const begun = paced(undefined, "features", 40, 100, 1000);
  expect(timeLeft(paced(begun, "features", 60, 100, 11_000))).toBe(20_000);
});

it("begins anew with another stage", () => {
  const begun = paced(undefined, "features", 0, 100, 0);
  const next = paced(paced(begun, "features", 100, 100, 10_000), "coreset", 0, 100, 11_000);
  expect(next.since).toBe(11_000);
  expect(timeLeft(next)).toBeUndefined();
});

it("says it coarsely", () => {
  expect([3000, 12_000, 52_000, 61_000, 200_000].map(formatTimeLeft)).toEqual([
    "a few seconds left",
    "about 20 s left",
    "about 60 s left",
    "about 1 min left",
    "about 3 min left",
  ]);
});
