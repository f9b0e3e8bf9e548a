import { expect, it } from "vitest";

import { scoreOf, scoreTyped, stepOf } from "./candidate";

it("stands at the present threshold until something is chosen", () => {
  expect(scoreOf(undefined, 4, undefined)).toBe(4);
  expect(scoreOf({ by: "score", value: 5 }, 4, undefined)).toBe(5);
});

it("stands at what a rate comes to once that is known", () => {
  expect(scoreOf({ by: "rate", rate: 0.01 }, 4, undefined)).toBe(4);
  expect(scoreOf({ by: "rate", rate: 0.01 }, 4, 6)).toBe(6);
});

it("takes scores as people type them", () => {
  expect(["4.5", " 4,5 ", "0"].map(scoreTyped)).toEqual([4.5, 4.5, 0]);
  expect(["", "-1", "many", "4..5"].map(scoreTyped)).toEqual([undefined, undefined, undefined, undefined]);
});

it("moves by round steps, 200 of them at least", () => {
  expect(stepOf(0, 20)).toBe(0.1);
  expect(stepOf(1, 9)).toBe(0.02);
  expect(stepOf(3, 3)).toBe(0.001);
});
