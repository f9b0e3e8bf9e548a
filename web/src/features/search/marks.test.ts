import { describe, expect, it } from "vitest";

import { readMarks, sayMark, withoutMark } from "./marks";

const said = (text: string): string[] => readMarks(text).marks.map(sayMark);

describe("quotes and minus", () => {
  // As services/search/query/words.py reads them.
  it.each([
    ['holiday "old town" -people -"new town"', ["has “old town”", "without people", "without new town"], "holiday old town"],
    ["“Straße” «vieux port» 「日本」", ["has “Straße”", "has “vieux port”", "has “日本”"], "Straße vieux port 日本"],
    ["well-known t-shirt", [], "well-known t-shirt"],
    ['a "quote that never ends', [], 'a "quote that never ends'],
    ["a - b", [], "a - b"],
    ["−minus", ["without minus"], ""],
    ['"?!" -. 🐕', [], "?! -. 🐕"],
    ["-🐕 beach", ["without 🐕"], "beach"],
    ["", [], ""],
  ])("%s", (text, marks, wanted) => {
    expect(said(text)).toEqual(marks);
    expect(readMarks(text).wanted).toBe(wanted);
  });

  it("can be taken away, each by itself", () => {
    const text = 'a "old town"  -dog beach';
    const [town, dog] = readMarks(text).marks;
    expect(withoutMark(text, town!)).toBe("a -dog beach");
    expect(withoutMark(text, dog!)).toBe('a "old town" beach');
  });
});
