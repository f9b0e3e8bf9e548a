import { describe, expect, it } from "vitest";

import { ClaimMemory } from "./claim-memory";

/** Locks as a browser has them; `crash` is a page that goes without a word. */
function browser() {
  const held = new Set<string>();
  const locks = {
    request: async (name: string, callback: () => Promise<void>) => {
      held.add(name);
      await callback();
      held.delete(name);
    },
    query: () => Promise.resolve({ held: [...held].map((name) => ({ name })) }),
  } as unknown as LockManager;
  return { locks, crash: () => held.clear() };
}

describe("claims of a browser", () => {
  it("of a page that is gone are known to the next, those of an open one are left alone", async () => {
    const { locks, crash } = browser();
    const before = new ClaimMemory(locks);
    before.keep("a");
    before.keep("b");
    before.keep("");
    before.forget("b");
    const now = new ClaimMemory(locks);
    expect(await now.leftBehind()).toEqual([]);
    crash();
    now.keep("c");
    expect(await now.leftBehind()).toEqual(["a"]);
    now.forget("a");
    expect(await now.leftBehind()).toEqual([]);
  });

  it("are a tab's own where there are no locks", async () => {
    const before = new ClaimMemory(undefined);
    before.keep("a");
    expect(localStorage).toHaveLength(0);
    expect(await new ClaimMemory(undefined).leftBehind()).toEqual(["a"]);
  });

  it("stand a store with nonsense in it", async () => {
    localStorage.setItem("argus.review.claims", '[{"claimId": 3}, null]');
    expect(await new ClaimMemory(browser().locks).leftBehind()).toEqual([]);
  });
});
