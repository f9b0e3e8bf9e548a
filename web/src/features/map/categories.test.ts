import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";

import { LabelKeySchema } from "@/gen/argus/storage/v1/image_pb.js";

import { categoriesOf, choiceFor } from "./categories";
import { MOST_CATEGORIES } from "./palette";
import type { MapPoints } from "./points";

/** An image for each byte; its id is 15 zeros and the byte. */
function ids(...bytes: number[]): Uint8Array {
  return Uint8Array.from(bytes.flatMap((byte) => [...new Uint8Array(15), byte]));
}

function points(...bytes: number[]): MapPoints {
  return { count: bytes.length, x: new Float32Array(bytes.length), y: new Float32Array(bytes.length), ids: ids(...bytes) };
}

describe("what is asked for", () => {
  const values = Array.from({ length: 30 }, (_, index) => ({ value: `v${index}`, imageCount: 1n }));

  it("is each value, if there are colours enough", () => {
    const key = create(LabelKeySchema, { key: "line", valueCount: 2n, values: [{ value: 'a "b"' }, { value: "" }] });
    expect(choiceFor("label:line", key, undefined)).toEqual([
      { label: 'a "b"', filter: 'labels.line = "a \\"b\\""' },
      { label: "(empty)", filter: 'labels.line = ""' },
    ]);
  });

  it("is the most frequent values and all others together, if not", () => {
    const choice = choiceFor("label:line", create(LabelKeySchema, { key: "line", valueCount: 30n, values }), undefined);
    expect(choice).toHaveLength(MOST_CATEGORIES);
    expect(choice?.at(-1)).toEqual({ label: "Other", filter: "labels:line" });
  });

  it("is nothing before it is known, or for another key", () => {
    expect(choiceFor("label:line", undefined, undefined)).toBeUndefined();
    expect(choiceFor("label:line", create(LabelKeySchema, { key: "kind", values }), undefined)).toBeUndefined();
    expect(choiceFor(undefined, undefined, ["image/png"])).toBeUndefined();
    expect(choiceFor("type", undefined, undefined)).toBeUndefined();
  });

  it("is each media type", () => {
    expect(choiceFor("type", undefined, ["image/png"])).toEqual([{ label: "PNG", filter: 'content_type = "image/png"' }]);
  });
});

describe("the categories of points", () => {
  const choice = [
    { label: "few", filter: "" },
    { label: "many", filter: "" },
    { label: "none", filter: "" },
    { label: "Other", filter: "" },
  ];

  it("are numbered by size, with all others last, and 0 for those without", () => {
    const { categories, legend } = categoriesOf(points(1, 2, 3, 4, 5, 6, 7, 8, 9), choice, [
      ids(2),
      ids(1, 3, 99),
      ids(),
      ids(1, 2, 3, 4, 5, 6, 7),
    ]);
    expect([...categories]).toEqual([1, 2, 1, 3, 3, 3, 3, 0, 0]);
    expect(legend).toEqual([
      { label: "Without", count: 2 },
      { label: "many", count: 2 },
      { label: "few", count: 1 },
      { label: "Other", count: 4 },
    ]);
  });
});
