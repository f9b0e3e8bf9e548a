import { describe, expect, it } from "vitest";

import { type Cell, Cells } from "./cells";

const cell = (at: number, id = `i${at}`): Cell => ({ id, at });
/** Ids by place; `.` where nothing is loaded. */
const shown = (cells: Cells): string[] => Array.from({ length: cells.length }, (_, index) => cells.at(index)?.id ?? ".");

/** Numbers that look random and are the same each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe.each([true, false])("a list, newest first: %s", (newestFirst) => {
  it("takes cells in at any order, and out again", () => {
    const next = numbers(7);
    for (let round = 0; round < 30; round += 1) {
      const cells = new Cells(0, newestFirst);
      let model: Cell[] = [];
      for (let step = 0; step < 60; step += 1) {
        if (next(3) > 0) {
          const one = cell(next(20), `i${next(40)}`);
          if (!model.some(({ id }) => id === one.id)) model.push(one);
          cells.insert(one);
        } else {
          const id = `i${next(40)}`;
          const out = model.filter((each) => each.id === id);
          model = model.filter((each) => each.id !== id);
          expect(cells.remove([id]).map((each) => each.cell)).toEqual(out);
        }
        const order = (a: Cell, b: Cell): number => a.at - b.at || (a.id < b.id ? -1 : 1);
        model.sort((a, b) => (newestFirst ? order(b, a) : order(a, b)));
        expect(cells.ids()).toEqual(model.map(({ id }) => id));
        for (const [index, { id }] of model.entries()) expect(cells.indexOf(id)).toBe(index);
      }
    }
  });

  it("is filled from pages in any order as it is on the server", () => {
    const next = numbers(11);
    for (let round = 0; round < 30; round += 1) {
      const all = Array.from({ length: 50 }, (_, index) => cell(newestFirst ? 1000 - index : index));
      const cells = new Cells(all.length, newestFirst);
      while (cells.firstHole(0, all.length) >= 0) {
        const start = next(all.length);
        expect(cells.place(start, all.slice(start, start + 1 + next(8)))).toBe(true);
        for (const [index, each] of all.entries()) {
          const { index: found, end, exact } = cells.search(each);
          if (!cells.at(index)) expect(found <= index && index < end && !exact).toBe(true);
        }
      }
      expect(cells.ids()).toEqual(all.map(({ id }) => id));
    }
  });

  it("puts back what was taken out where it was, also beside holes", () => {
    const next = numbers(13);
    for (let round = 0; round < 60; round += 1) {
      const all = Array.from({ length: 30 }, (_, index) => cell(newestFirst ? 1000 - index : index));
      const cells = new Cells(all.length, newestFirst);
      for (const start of [next(10), 10 + next(10), 20 + next(9)]) cells.place(start, all.slice(start, start + 1 + next(4)));
      const before = shown(cells);
      const ids = cells.ids().filter(() => next(2) === 0);
      const back = cells.remove(ids);
      expect(cells.length).toBe(all.length - ids.length);
      for (const each of back) cells.putBack(each);
      expect(shown(cells)).toEqual(before);
    }
  });
});

describe("a list with holes", () => {
  const holed = (): Cells => {
    const cells = new Cells(6, true);
    cells.place(0, [cell(90)]);
    cells.place(4, [cell(50), cell(40)]);
    return cells;
  };

  it("says where they are", () => {
    const cells = holed();
    expect([cells.firstHole(0, 6), cells.firstHole(2, 6), cells.firstHole(4, 6), cells.firstHole(-3, 1), cells.firstHole(4, 99)]).toEqual([1, 2, -1, -1, -1]);
  });

  it("makes them longer for what belongs somewhere in them", () => {
    const cells = holed();
    cells.insert(cell(70));
    expect(shown(cells)).toEqual(["i90", ".", ".", ".", ".", "i50", "i40"]);
    cells.insert(cell(45));
    expect(shown(cells).slice(5)).toEqual(["i50", "i45", "i40"]);
  });

  it("makes them shorter for what was never loaded", () => {
    const cells = holed();
    expect(cells.removeHole(cell(70))).toBe(true);
    expect(cells.removeHole(cell(45))).toBe(false);
    expect(cells.removeHole(cell(95))).toBe(false);
    expect(shown(cells)).toEqual(["i90", ".", ".", "i50", "i40"]);
  });

  it("refuses a page that contradicts it, and stays as it was", () => {
    const cells = holed();
    const before = shown(cells);
    expect(cells.place(3, [cell(60), cell(55)])).toBe(false);
    expect(cells.place(1, [cell(50)])).toBe(false);
    expect(cells.place(5, [cell(40), cell(30)])).toBe(false);
    expect(cells.place(-1, [cell(99), cell(90)])).toBe(false);
    expect(shown(cells)).toEqual(before);
  });

  it("knows the nearest loaded places around one", () => {
    const cells = holed();
    expect(cells.anchorsAround(2)).toEqual({ left: { index: 0, at: 90 }, right: { index: 4, at: 50 } });
    expect(new Cells(3, true).anchorsAround(1)).toEqual({ left: undefined, right: undefined });
  });
});
