import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";

import { ReviewItemSchema } from "@/gen/argus/inspection/v1/inspection_pb.js";

import { reviewCounts } from "./review-counts";

it("counts items by set, as the least where there are more pages", () => {
  const items = ["a", "a", "b"].map((referenceSetId) => create(ReviewItemSchema, { referenceSetId }));
  expect(reviewCounts({ items, nextPageToken: "" })("a")).toEqual({ count: 2, atLeast: false });
  expect(reviewCounts({ items, nextPageToken: "more" })("c")).toEqual({ count: 0, atLeast: true });
  expect(reviewCounts(undefined)("a")).toBeUndefined();
});
