import { describe, expect, it } from "vitest";

import { countConditions, filterOf, NO_FILTER, toggleLabel } from "./filter";
import { bytesOfMegabytes, conditionsOf, megabytesOf, pixelsOf, sayType } from "./filter-words";

describe("the contract's filter", () => {
  it("takes values of one key as alternatives, and all keys together", () => {
    const labels = [{ key: "line", value: "3" }, { key: "kind" }, { key: "line", value: "4" }];
    expect(filterOf({ ...NO_FILTER, labels })).toBe('(labels.line = "3" OR labels.line = "4") AND labels:kind');
  });

  it("quotes values", () => {
    expect(filterOf({ ...NO_FILTER, labels: [{ key: "note", value: 'say "no" \\ OR labels:x' }], name: 'a "b' })).toBe(
      'labels.note = "say \\"no\\" \\\\ OR labels:x" AND filename:"a \\"b"',
    );
  });

  it("takes months in UTC as alternatives, over the end of a year", () => {
    expect(filterOf({ ...NO_FILTER, months: ["2025-12", "2024-02"] })).toBe(
      '((create_time >= "2025-12-01T00:00:00.000Z" AND create_time < "2026-01-01T00:00:00.000Z") OR ' +
        '(create_time >= "2024-02-01T00:00:00.000Z" AND create_time < "2024-03-01T00:00:00.000Z"))',
    );
  });

  it("includes the last day, in the viewer's zone", () => {
    expect(filterOf({ ...NO_FILTER, from: "2026-02-28", to: "2026-02-28" })).toBe(
      `create_time >= "${new Date(2026, 1, 28).toISOString()}" AND create_time < "${new Date(2026, 2, 1).toISOString()}"`,
    );
  });

  it("has types and sizes", () => {
    expect(filterOf({ ...NO_FILTER, types: ["image/png", "image/webp"], leastBytes: 5, mostBytes: 9, leastWidth: 640, leastHeight: 480 })).toBe(
      '(content_type = "image/png" OR content_type = "image/webp") AND size_bytes >= 5 AND size_bytes <= 9 AND width >= 640 AND height >= 480',
    );
  });

  it("is empty without conditions", () => {
    expect(filterOf(NO_FILTER)).toBe("");
    expect(countConditions(NO_FILTER)).toBe(0);
  });
});

it("toggles a label in and out", () => {
  const one = toggleLabel([], { key: "line", value: "3" });
  const two = toggleLabel(one, { key: "line" });
  expect(two).toHaveLength(2);
  expect(toggleLabel(two, { key: "line", value: "3" })).toEqual([{ key: "line" }]);
});

describe("conditions in words", () => {
  it("each take away what they say", () => {
    const filter = { ...NO_FILTER, labels: [{ key: "line", value: "3" }], months: ["2026-03"], types: ["image/png"], name: "beach", mostBytes: 2_500_000, leastWidth: 640 };
    const conditions = conditionsOf(filter, (month) => month);
    expect(conditions.map(({ words }) => words)).toEqual(["line: 3", "2026-03", "name has “beach”", "PNG", "at most 2.5 MB", "640 pixels wide or more"]);
    expect(conditions).toHaveLength(countConditions(filter));
    for (const { key, without } of conditions) expect(conditionsOf(without, (month) => month).map((each) => each.key)).not.toContain(key);
    expect(conditionsOf(conditions[2]!.without, (month) => month)).toHaveLength(5);
  });

  it("read what is typed", () => {
    expect([bytesOfMegabytes("1.5"), bytesOfMegabytes(""), bytesOfMegabytes("x"), bytesOfMegabytes("-1")]).toEqual([1_500_000, undefined, undefined, undefined]);
    expect([megabytesOf(1_500_000), megabytesOf(undefined)]).toEqual(["1.5", ""]);
    expect([pixelsOf("640"), pixelsOf("6.5"), pixelsOf("")]).toEqual([640, undefined, undefined]);
    expect([sayType("image/jpeg"), sayType("image/webp"), sayType("image/x-foo")]).toEqual(["JPEG", "WebP", "FOO"]);
  });
});
