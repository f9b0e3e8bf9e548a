import { beforeEach, describe, expect, test, vi } from "vitest";

import { chordOf, KeyRegistry } from "./keys";

let now = 0;
let keys: KeyRegistry;
beforeEach(() => {
  now = 10_000;
  keys = new KeyRegistry(false, () => now);
});

function press(key: string, init: KeyboardEventInit & { on?: HTMLElement } = {}): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key, cancelable: true, bubbles: true, ...init });
  Object.defineProperty(event, "target", { value: init.on ?? document.body });
  keys.handle(event);
  return event;
}

const shortcut = (spelled: string, run = vi.fn()) => ({ keys: spelled, description: spelled, run });

test("a key runs what it stands for, and the browser does nothing more", () => {
  const one = shortcut("a");
  keys.open({ title: "Page" }, [one]);
  expect(press("a").defaultPrevented).toBe(true);
  expect(press("b").defaultPrevented).toBe(false);
  expect(one.run).toHaveBeenCalledTimes(1);
});

test("a closed scope hears nothing", () => {
  const one = shortcut("a");
  keys.open({ title: "Page" }, [one])();
  press("a");
  expect(one.run).not.toHaveBeenCalled();
});

test("two meanings of a key in one scope are a mistake", () => {
  expect(() => keys.open({ title: "Page" }, [shortcut("a"), shortcut("a")])).toThrow("Page: a does two things");
});

test("the scope opened last comes first, an exclusive one alone", () => {
  const below = [shortcut("a"), shortcut("b")];
  const above = shortcut("a");
  keys.open({ title: "Page" }, below);
  const close = keys.open({ title: "Viewer" }, [above]);
  press("a");
  press("b");
  expect(above.run).toHaveBeenCalledTimes(1);
  expect(below.map((each) => each.run.mock.calls.length)).toEqual([0, 1]);
  close();
  keys.open({ title: "Dialog", exclusive: true }, []);
  press("b");
  expect(below[1]!.run).toHaveBeenCalledTimes(1);
});

describe("typing", () => {
  test("in a field only those that say so work", () => {
    const letter = shortcut("a");
    const escape = { ...shortcut("Escape"), inFields: true };
    keys.open({ title: "Page" }, [letter, escape]);
    for (const on of [document.createElement("input"), document.createElement("textarea"), document.createElement("select")]) {
      press("a", { on });
      press("Escape", { on });
    }
    expect(letter.run).not.toHaveBeenCalled();
    expect(escape.run).toHaveBeenCalledTimes(3);
  });

  test("a checkbox is no field", () => {
    const letter = shortcut("a");
    keys.open({ title: "Page" }, [letter]);
    press("a", { on: Object.assign(document.createElement("input"), { type: "checkbox" }) });
    expect(letter.run).toHaveBeenCalled();
  });

  test("what an input method composes is no shortcut", () => {
    const letter = shortcut("a");
    keys.open({ title: "Page" }, [letter]);
    press("a", { isComposing: true });
    expect(letter.run).not.toHaveBeenCalled();
  });
});

test("Enter and Space press the button that has the focus; arrows move the slider", () => {
  const all = [shortcut("Enter"), shortcut("Space"), shortcut("ArrowLeft")];
  keys.open({ title: "Page" }, all);
  const button = document.createElement("button");
  press("Enter", { on: button });
  press(" ", { on: button });
  press("ArrowLeft", { on: Object.assign(document.createElement("input"), { type: "range" }) });
  expect(all.flatMap((each) => each.run.mock.calls)).toEqual([]);
});

test("a held key repeats only where that makes sense", () => {
  const once = shortcut("a");
  const again = { ...shortcut("ArrowDown"), repeats: true };
  keys.open({ title: "Page" }, [once, again]);
  press("a", { repeat: true });
  press("ArrowDown", { repeat: true });
  expect(once.run).not.toHaveBeenCalled();
  expect(again.run).toHaveBeenCalled();
});

describe("one key after another", () => {
  test("works within a second", () => {
    const go = shortcut("g l");
    keys.open({ title: "Page" }, [go]);
    press("g");
    now += 900;
    press("l");
    expect(go.run).toHaveBeenCalledTimes(1);
    press("l");
    press("g");
    now += 1100;
    press("l");
    expect(go.run).toHaveBeenCalledTimes(1);
  });

  test("takes the second key before those that have it alone", () => {
    const go = shortcut("g s");
    const alone = shortcut("s");
    keys.open({ title: "Everywhere" }, [go]);
    keys.open({ title: "Page" }, [alone]);
    press("g");
    press("s");
    press("s");
    expect([go.run.mock.calls.length, alone.run.mock.calls.length]).toEqual([1, 1]);
  });
});

describe("how a key is spelled", () => {
  const spell = (key: string, init: KeyboardEventInit = {}, mac = false) =>
    chordOf(new KeyboardEvent("keydown", { key, ...init }), mac);

  test.each([
    ["a", {}, "a"],
    ["A", { shiftKey: true }, "Shift+a"],
    ["?", { shiftKey: true }, "?"],
    [" ", {}, "Space"],
    ["ArrowLeft", { shiftKey: true }, "Shift+ArrowLeft"],
    ["a", { ctrlKey: true }, "Mod+a"],
    ["a", { metaKey: true }, "Meta+a"],
    ["z", { ctrlKey: true, shiftKey: true }, "Mod+Shift+z"],
  ])("%s %o is %s", (key, init, spelled) => {
    expect(spell(key, init)).toBe(spelled);
  });

  test("on a Mac the command key is the main one", () => {
    expect(spell("a", { metaKey: true }, true)).toBe("Mod+a");
    expect(spell("a", { ctrlKey: true }, true)).toBe("Ctrl+a");
  });

  test("with other letters on the keys their place counts", () => {
    expect(spell("ф", { code: "KeyA" })).toBe("a");
  });
});

test("the sheet lists what works now, each key once", () => {
  keys.open({ title: "Everywhere" }, [shortcut("?"), shortcut("a")]);
  keys.open({ title: "Library" }, [shortcut("a")]);
  keys.open({ title: "Library" }, [shortcut("d")]);
  expect(keys.list().map(({ title, shortcuts }) => [title, shortcuts.map((each) => each.keys).join(" ")])).toEqual([
    ["Library", "d a"],
    ["Everywhere", "?"],
  ]);
});
