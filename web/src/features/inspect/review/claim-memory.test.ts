import { expect, it } from "vitest";

import { ClaimMemory } from "./claim-memory";

it("knows what an earlier page of this tab left behind, and what is its own", () => {
  const before = new ClaimMemory();
  before.keep("a");
  before.keep("b");
  before.keep("");
  before.forget("b");
  const now = new ClaimMemory();
  now.keep("c");
  expect(now.leftBehind()).toEqual(["a"]);
  now.forget("a");
  expect(now.leftBehind()).toEqual([]);
});

it("stands a store with nonsense in it", () => {
  sessionStorage.setItem("argus.review.claims", "{");
  expect(new ClaimMemory().leftBehind()).toEqual([]);
});
