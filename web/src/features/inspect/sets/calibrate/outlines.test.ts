import { expect, it } from "vitest";

import { outlinesOf, outlinesText } from "./outlines";

it("reads what it writes", () => {
  const outlines = [
    [
      { x: 0.1, y: 0.2 },
      { x: 0.905, y: 0.2 },
      { x: 0.5, y: 1 },
    ],
    [
      { x: 0, y: 0 },
      { x: 0.25, y: 0 },
      { x: 0, y: 0.25 },
    ],
  ];
  expect(outlinesText(outlines)).toBe("10,20 90.5,20 50,100\n0,0 25,0 0,25");
  expect(outlinesOf(outlinesText(outlines))).toEqual({ outlines, problem: "" });
});

it("takes nothing as the whole image", () => {
  expect(outlinesOf(" \n")).toEqual({ outlines: [], problem: "" });
});

it.each([
  ["10,10 20", "Line 1: write corners"],
  ["10,10 20,110 5,5", "Line 1: write corners"],
  ["0,0 50,0 0,50\n1,1 2,2", "Line 2: an outline has 3 corners"],
  ["5,5 5,10 5,90", "Line 1: the outline has no area."],
  [Array.from({ length: 17 }, () => "0,0 50,0 0,50").join("\n"), "At most 16 outlines."],
])("says what is wrong with %j", (text, problem) => {
  expect(outlinesOf(text).problem).toContain(problem);
});
