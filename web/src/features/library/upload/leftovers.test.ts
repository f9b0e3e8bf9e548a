import { describe, expect, it } from "vitest";

import { Leftovers, markOf, markOfItem } from "./leftovers";
import { uploadItem } from "./upload-item";

const item = (name: string, state: "sending" | "done" | "failed" | "cancelled" | "refused") => {
  const file = new File(["bytes"], name, { lastModified: 1_700_000_000_000 });
  return Object.assign(uploadItem({ file, path: `line/${name}` }), { state });
};

describe("what was left over", () => {
  it("is what was open or failed, and comes back to its person only", () => {
    const items = [item("a.png", "sending"), item("b.png", "done"), item("c.png", "failed"), item("d.png", "cancelled"), item("e.png", "refused")];
    new Leftovers("vera").write(items, []);
    expect(new Leftovers("vera").read().map(({ path }) => path)).toEqual(["line/a.png", "line/c.png"]);
    expect(new Leftovers("otto").read()).toEqual([]);
  });

  it("is forgotten when nothing is open", () => {
    new Leftovers("vera").write([item("a.png", "sending")], []);
    new Leftovers("vera").write([item("a.png", "done")], []);
    expect(new Leftovers("vera").read()).toEqual([]);
  });

  it("is known again from another folder, and not if it was changed", () => {
    const left = { path: "a.png", size: 5, modified: 1_700_000_000_000, sha256: "" };
    const same = item("a.png", "sending");
    expect(markOf(left)).toBe(markOfItem(same));
    expect(markOf({ ...left, modified: 1 })).not.toBe(markOfItem(same));
  });
});
