import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";

import { SearchImagesRequestSchema } from "@/gen/argus/search/v1/search_pb.js";

import { lineFrom, lineOf, looksFor, proposedName } from "./words";

test("queries are told in words", () => {
  const query = create(SearchImagesRequestSchema, {
    text: "a scratch",
    filter: 'labels.line = "3"',
    minScore: 0.42,
    examples: [{ source: { case: "text", value: "dust" }, weight: -1 }],
  });
  expect(looksFor(query)).toBe('“a scratch”, not “dust”, labels.line = "3"');
  expect(lineOf(query)).toBe("from 0.420");
  expect(looksFor(create(SearchImagesRequestSchema, { confidentOnly: true }))).toBe("like a picture");
  expect(lineOf(create(SearchImagesRequestSchema, { confidentOnly: true }))).toBe("more than chance");
});

test("the cut-off that is left as it was follows the collection", () => {
  expect(lineFrom("0.437", 0.4371)).toEqual({ confidentOnly: true });
  expect(lineFrom("0.5", 0.4371)).toEqual({ minScore: 0.5 });
  expect(lineFrom("0,5", undefined)).toEqual({ minScore: 0.5 });
  for (const typed of ["", "high", "1.5", "-2"]) expect(lineFrom(typed, 0.4)).toBeUndefined();
});

test("names begin with the words", () => {
  expect(proposedName("  a   cat ")).toBe("a cat");
  expect(proposedName("x".repeat(300))).toHaveLength(80);
});
