import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";

import { MatchSchema } from "@/gen/argus/search/v1/search_pb.js";

import { HEADINGS, lineOf } from "./match-list";

it("has a cell for each heading, whatever names and labels are like", () => {
  const match = create(MatchSchema, {
    score: -0.25,
    image: {
      imageId: "one",
      filename: '=HYPERLINK("x"),y',
      contentType: "image/png",
      sizeBytes: 12n,
      width: 4,
      height: 3,
      labels: { line: "3", note: "a\nb" },
      createTime: { seconds: 0n, nanos: 0 },
    },
  });
  expect(lineOf(match)).toBe(`one,"'=HYPERLINK(""x""),y",-0.25,1970-01-01T00:00:00.000Z,image/png,12,4,3,"line=3; note=a\nb"`);
  expect(HEADINGS).toHaveLength(9);
  expect(lineOf(create(MatchSchema, {}))).toBeUndefined();
});
