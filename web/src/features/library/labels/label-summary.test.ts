import { expect, it } from "vitest";

import { summarise } from "./label-summary";

it("counts each key, and names a value only where all that have the key agree", () => {
  const images = [{ labels: { line: "3", part: "bolt" } }, { labels: { line: "4" } }, { labels: { line: "3", batch: "" } }];
  expect(summarise(images)).toEqual([
    { key: "batch", value: "", count: 1 },
    { key: "line", value: undefined, count: 3 },
    { key: "part", value: "bolt", count: 1 },
  ]);
  expect(summarise([])).toEqual([]);
});
