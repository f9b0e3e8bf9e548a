import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";

import { Contribution_Kind as Kind, MatchSchema } from "@/gen/argus/search/v1/search_pb.js";

import { partsOf, regionOf, rowsOf } from "./explanation";
import { NOTHING, type Search } from "./query";

const SEARCH: Search = {
  ...NOTHING,
  text: "a cat",
  subject: { source: { kind: "image", imageId: "one" } },
  examples: [{ of: { kind: "words", text: "at night" }, weight: 2, unlike: true }],
};

it("tells examples by their places, and what each adds", () => {
  const match = create(MatchSchema, {
    score: 0.4,
    explanation: {
      contributions: [
        { kind: Kind.MEANING, weight: 1, score: 0.4, rank: 2 },
        { kind: Kind.WORDS, weight: 1, score: 0.5, rank: 1, matchedWords: ["cat"] },
        { kind: Kind.EXAMPLE, example: 1, weight: 0.5, score: 0.9 },
        { kind: Kind.EXAMPLE, example: 2, weight: -0.5, score: 0.1 },
      ],
    },
  });
  expect(partsOf(SEARCH)).toEqual([{ kind: "words", text: "a cat" }, { kind: "image", imageId: "one" }, { kind: "words", text: "at night" }]);
  const rows = rowsOf(match, SEARCH);
  expect(rows.map(({ kind, share }) => [kind, share])).toEqual([["all", undefined], ["names", undefined], ["example", 0.45], ["example", -0.05]]);
  expect(rows[1]?.words).toEqual(["cat"]);
  expect(rows[2]?.part).toEqual({ kind: "image", imageId: "one" });
  expect(rows[3]?.part).toEqual({ kind: "words", text: "at night" });
});

it("knows the part of the image that gave the score", () => {
  const region = { left: 0.5, top: 0, right: 1, bottom: 0.5 };
  const match = create(MatchSchema, { explanation: { contributions: [{ kind: Kind.MEANING, matchedRegion: region }, { kind: Kind.EXAMPLE }] } });
  expect(regionOf(match)).toMatchObject(region);
});

it("knows no region where the service names none", () => {
  expect(regionOf(undefined)).toBeUndefined();
  expect(regionOf(create(MatchSchema, { explanation: { contributions: [{ kind: Kind.MEANING }] } }))).toBeUndefined();
});
