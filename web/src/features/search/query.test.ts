import { describe, expect, it } from "vitest";

import { filterOf, readSearch, type Search, toggleLabel, writeSearch } from "./query";

const ID = "3f0c8f0e-6f1a-4c5e-9d3b-0123456789ab";

describe("the address of a search", () => {
  const searches: Search[] = [
    { query: { kind: "none" }, labels: [] },
    { query: { kind: "text", text: "a cat & a dog, 50 % off" }, labels: [{ key: "line", value: "3" }] },
    { query: { kind: "like", imageId: ID }, labels: [{ key: "line" }] },
    { query: { kind: "picture", pictureId: "p1" }, labels: [{ key: "note", value: "a:b & \"c\"" }, { key: "note", value: "" }] },
  ];
  it.each(searches)("comes back as it was written: %j", (search) => {
    expect(readSearch(new URLSearchParams(writeSearch(search).toString()))).toEqual(search);
  });

  it("leaves out what makes no sense", () => {
    expect(readSearch(new URLSearchParams("q=+&like=nonsense&label=&label=Not+a+key&label=9"))).toEqual({
      query: { kind: "none" },
      labels: [],
    });
  });
});

describe("the filter of labels", () => {
  it("takes values of one key as alternatives, and all keys together", () => {
    expect(filterOf([{ key: "line", value: "3" }, { key: "kind" }, { key: "line", value: "4" }])).toBe(
      '(labels.line = "3" OR labels.line = "4") AND labels:kind',
    );
  });

  it("quotes values", () => {
    expect(filterOf([{ key: "note", value: 'say "no" \\ OR labels:x' }])).toBe('labels.note = "say \\"no\\" \\\\ OR labels:x"');
  });

  it("is empty without labels", () => {
    expect(filterOf([])).toBe("");
  });
});

it("toggles a label in and out", () => {
  const one = toggleLabel([], { key: "line", value: "3" });
  const two = toggleLabel(one, { key: "line" });
  expect(two).toHaveLength(2);
  expect(toggleLabel(two, { key: "line", value: "3" })).toEqual([{ key: "line" }]);
});
