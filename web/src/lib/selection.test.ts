import { describe, expect, test } from "vitest";

import * as sel from "./selection";

const order = sel.orderOf(["a", "b", "c", "d", "e", "f"]);
const ids = (selection: sel.Selection) => [...selection.ids].sort().join("");
const after = (...steps: ((now: sel.Selection) => sel.Selection)[]) =>
  steps.reduce((now, step) => step(now), sel.EMPTY_SELECTION);
const click = (id: string, how?: sel.Modifiers) => (now: sel.Selection) => sel.click(now, order, id, how);
const move = (by: number, extend = false) => (now: sel.Selection) => sel.move(now, order, by, extend);

describe("the mouse", () => {
  test("a click selects one and nothing else", () => {
    expect(ids(after(click("b"), click("d")))).toBe("d");
  });

  test("ctrl adds and takes out", () => {
    expect(ids(after(click("b"), click("d", { toggle: true })))).toBe("bd");
    expect(ids(after(click("b"), click("b", { toggle: true })))).toBe("");
  });

  test("shift selects from the last click to here, in both directions", () => {
    expect(ids(after(click("b"), click("d", { range: true })))).toBe("bcd");
    expect(ids(after(click("d"), click("b", { range: true })))).toBe("bcd");
  });

  test("a second shift click moves the end of the range", () => {
    const grown = after(click("b"), click("e", { range: true }), click("c", { range: true }));
    expect(ids(grown)).toBe("bc");
    expect(ids(click("a", { range: true })(grown))).toBe("ab");
  });

  test("shift without ctrl drops what was selected before, with ctrl it stays", () => {
    const two = after(click("a"), click("d", { toggle: true }));
    expect(ids(click("e", { range: true })(two))).toBe("de");
    expect(ids(click("e", { range: true, toggle: true })(two))).toBe("ade");
  });

  test("shift selects one if nothing was pressed before", () => {
    expect(ids(after(click("c", { range: true })))).toBe("c");
  });

  test("a range begins where the keyboard is if its anchor is no longer in the list", () => {
    const filtered = sel.orderOf(["b", "c", "d"]);
    const now = { ...after(click("a")), focus: "b" };
    expect(ids(sel.click(now, filtered, "d", { range: true }))).toBe("bcd");
  });

  test("what is not in the list changes nothing", () => {
    const now = after(click("b"));
    expect(sel.click(now, order, "z", { range: true })).toBe(now);
  });
});

describe("the keyboard", () => {
  test("begins at the first item, or at the last when it goes back", () => {
    expect(after(move(1)).focus).toBe("a");
    expect(after(move(-1)).focus).toBe("f");
  });

  test("moves without selecting, and stays within the list", () => {
    const now = after(click("b"), move(1), move(10));
    expect(now.focus).toBe("f");
    expect(ids(now)).toBe("b");
    expect(after(click("b"), move(-10)).focus).toBe("a");
  });

  test("with shift the range goes along, and back again", () => {
    const grown = after(click("b"), move(1, true), move(1, true));
    expect(ids(grown)).toBe("bcd");
    expect(ids(after(() => grown, move(-1, true)))).toBe("bc");
    expect(ids(after(() => grown, move(-3, true)))).toBe("ab");
  });

  test("a range keeps what was toggled before it", () => {
    const now = after(click("a"), (each) => sel.toggle(each, "d"), move(1, true));
    expect(ids(now)).toBe("ade");
  });

  test("in an empty list nothing moves", () => {
    expect(sel.move(sel.EMPTY_SELECTION, sel.orderOf([]), 1)).toBe(sel.EMPTY_SELECTION);
  });
});

test("all, and nothing", () => {
  const all = sel.selectAll(after(click("c")), order);
  expect(ids(all)).toBe("abcdef");
  expect(all.focus).toBe("c");
  expect(ids(sel.clear(all))).toBe("");
  expect(sel.clear(all).focus).toBe("c");
});

test("what is not loaded yet cannot be selected", () => {
  const sparse: sel.Order = { length: 3, idAt: (index) => (index === 1 ? undefined : `i${index}`), indexOf: (id) => Number(id.slice(1)) };
  expect([...sel.selectAll(sel.EMPTY_SELECTION, sparse).ids]).toEqual(["i0", "i2"]);
});

test("what was deleted is no longer selected, and undo brings it back", () => {
  const three = after(click("a"), click("c", { range: true }));
  const gone = sel.without(three, ["b"]);
  expect(ids(gone)).toBe("ac");
  expect(ids(sel.withAll(gone, ["b"]))).toBe("abc");
  expect(sel.without(three, ["f"])).toBe(three);
});
