import { expect, it } from "vitest";

import { forgetSearches, recentSearches, rememberSearch } from "./recent-searches";

it("keeps the latest first, each once, of each account apart", () => {
  rememberSearch("ann", "a cat");
  rememberSearch("ann", "a dog");
  rememberSearch("ann", "A cat");
  expect(recentSearches("ann")).toEqual(["A cat", "a dog"]);
  expect(recentSearches("bob")).toEqual([]);
  forgetSearches("ann");
  expect(recentSearches("ann")).toEqual([]);
});

it("keeps eight", () => {
  for (let index = 0; index < 20; index += 1) rememberSearch("ann", `search ${index}`);
  expect(recentSearches("ann")).toHaveLength(8);
  expect(recentSearches("ann")[0]).toBe("search 19");
});

it("does not mind what somebody else wrote there", () => {
  localStorage.setItem("argus.searches.ann", '{"not": "a list"');
  expect(recentSearches("ann")).toEqual([]);
  localStorage.setItem("argus.searches.ann", '["a cat", 3, null]');
  expect(recentSearches("ann")).toEqual(["a cat"]);
});
