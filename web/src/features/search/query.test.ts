import { describe, expect, it } from "vitest";

import { NO_FILTER } from "./filter";
import { imagesOf, isWanting, kindOf, MOST_EXAMPLES, NOTHING, onlyLike, PLAIN, readSearch, type Search, withExample, withoutPictures, writeSearch } from "./query";

const ID = "3f0c8f0e-6f1a-4c5e-9d3b-0123456789ab";
const OTHER = "4f0c8f0e-6f1a-4c5e-9d3b-0123456789ab";
const REGION = { left: 0.1, top: 0, right: 0.65, bottom: 0.5 };

const like = (imageId: string): Search => ({ ...NOTHING, subject: { source: { kind: "image", imageId } } });

describe("the address of a search", () => {
  const searches: Search[] = [
    NOTHING,
    { ...NOTHING, text: 'a cat & a "dog", -50 % off', filter: { ...NO_FILTER, labels: [{ key: "line", value: "3" }] } },
    { ...like(ID), subject: { source: { kind: "image", imageId: ID }, region: REGION } },
    { ...NOTHING, subject: { source: { kind: "picture", pictureId: "p1" } }, filter: { ...NO_FILTER, labels: [{ key: "note", value: 'a:b & "c"' }, { key: "note", value: "" }] } },
    {
      ...NOTHING,
      text: "a cat",
      examples: [
        { of: { kind: "image", imageId: ID }, weight: 1, unlike: false },
        { of: { kind: "image", imageId: OTHER }, region: REGION, weight: 2.5, unlike: true },
        { of: { kind: "words", text: "2*words: at night @ home" }, weight: 0.5, unlike: false },
        { of: { kind: "picture", pictureId: "p2" }, region: REGION, weight: 1, unlike: true },
      ],
    },
    {
      text: "beach",
      examples: [],
      filter: {
        labels: [{ key: "line" }],
        months: ["2026-03", "2025-12"],
        types: ["image/png", "image/jpeg"],
        from: "2026-01-31",
        to: "2026-02-01",
        name: "old town",
        leastBytes: 1,
        mostBytes: 2_500_000,
        leastWidth: 640,
        leastHeight: 480,
      },
      manner: { matching: "both", wordsWeight: 2, diversity: 0.3, fold: true, exact: true, within: "parts", minScore: -0.25 },
      without: [ID, OTHER],
    },
  ];
  it.each(searches)("comes back as it was written: %j", (search) => {
    expect(readSearch(new URLSearchParams(writeSearch(search).toString()))).toEqual(search);
  });

  it("leaves out what makes no sense", () => {
    const nonsense =
      "q=+&like=nonsense&label=&label=Not+a+key&label=9&box=0,0,2,2&more=nobody&less=words:+&month=2026-13&from=2026-02-99&type=text/html&bytes=-1&wide=1.5&by=luck&diverse=2&min=7&min=x&without=none";
    expect(readSearch(new URLSearchParams(nonsense))).toEqual(NOTHING);
  });

  it("is bounded as the contract is", () => {
    const params = new URLSearchParams();
    for (let at = 0; at < 40; at += 1) params.append("more", `99*words:word ${at}`);
    const { examples } = readSearch(params);
    expect(examples).toHaveLength(MOST_EXAMPLES);
    expect(examples[0]?.weight).toBe(10);
  });
});

describe("what a search is of", () => {
  it("says the kind, by which scores compare", () => {
    expect(kindOf(NOTHING)).toBe("none");
    expect(kindOf({ ...NOTHING, text: "a cat" })).toBe("words");
    expect(kindOf(like(ID))).toBe("picture");
    expect(kindOf({ ...like(ID), text: "at night" })).toBe("mix");
    expect(kindOf(withExample(NOTHING, ID, false))).toBe("picture");
    expect(kindOf(withExample({ ...NOTHING, text: "a cat" }, ID, true))).toBe("mix");
  });

  it("knows whether anything is wanted", () => {
    expect(isWanting({ ...NOTHING, text: "-dog" })).toBe(false);
    expect(isWanting({ ...NOTHING, text: '"old town"' })).toBe(true);
    expect(isWanting(withExample(NOTHING, ID, true))).toBe(false);
    expect(isWanting(withExample({ ...NOTHING, text: "-dog" }, ID, false))).toBe(true);
  });
});

describe("examples", () => {
  it("are there once, on one side", () => {
    const both = withExample(withExample(like(ID), OTHER, false), OTHER, true);
    expect(both.examples).toEqual([{ of: { kind: "image", imageId: OTHER }, weight: 1, unlike: true }]);
    expect(imagesOf(withExample(both, ID, false))).toEqual([ID, OTHER]);
  });

  it("give way to one image, within the same filters", () => {
    const filter = { ...NO_FILTER, months: ["2026-03"] };
    expect(onlyLike({ ...withExample(NOTHING, OTHER, false), text: "a cat", filter }, ID)).toEqual({ ...like(ID), filter });
  });

  it("go when their pictures are not kept any more", () => {
    const search: Search = {
      ...NOTHING,
      text: "a cat",
      subject: { source: { kind: "picture", pictureId: "p1" } },
      examples: [{ of: { kind: "picture", pictureId: "p2" }, weight: 1, unlike: false }],
      manner: PLAIN,
    };
    expect(withoutPictures(search, new Set(["p1", "p2"]))).toEqual({ ...NOTHING, text: "a cat" });
    expect(withoutPictures(search, new Set(["p2"])).subject).toEqual(search.subject);
  });
});
