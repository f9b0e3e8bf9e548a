import { describe, expect, it } from "vitest";

import { bytesOf, eachCommon, idAt, indexOfId, orderOfPoints, unpackPoints } from "./points";

const IDS = ["00000000-0000-4000-8000-000000000001", "3f0c8f0e-6f1a-4c5e-9d3b-0123456789ab", "ffffffff-ffff-4fff-bfff-ffffffffffff"];

function packIds(ids: readonly string[]): Uint8Array {
  return Uint8Array.from(ids.flatMap((id) => [...bytesOf(id)!]));
}

function packPoints(places: readonly (readonly [number, number])[], offset = 0): Uint8Array {
  const bytes = new Uint8Array(offset + places.length * 8);
  const view = new DataView(bytes.buffer);
  places.flat().forEach((value, index) => view.setFloat32(offset + index * 4, value, true));
  return bytes.subarray(offset);
}

const PLACES = [[0, 1], [0.25, 0.5], [0.75, 0.125]] as const;

describe("unpacking", () => {
  it.each([0, 1, 3])("reads ids and places wherever the bytes begin (%i)", (offset) => {
    const points = unpackPoints(packIds(IDS), packPoints(PLACES, offset));
    expect(points.count).toBe(3);
    expect([...points.x]).toEqual([0, 0.25, 0.75]);
    expect([...points.y]).toEqual([1, 0.5, 0.125]);
    expect(IDS.map((_, index) => idAt(points, index))).toEqual(IDS);
  });

  it("leaves out what only one of the two has", () => {
    expect(unpackPoints(packIds(IDS), packPoints(PLACES.slice(0, 2))).count).toBe(2);
    expect(unpackPoints(packIds(IDS).subarray(0, 20), packPoints(PLACES)).count).toBe(1);
    expect(unpackPoints(new Uint8Array(), new Uint8Array()).count).toBe(0);
  });
});

describe("finding ids", () => {
  const points = unpackPoints(packIds(IDS), packPoints(PLACES));

  it("finds each, and not others", () => {
    expect(IDS.map((id) => indexOfId(points, id))).toEqual([0, 1, 2]);
    expect(indexOfId(points, "3f0c8f0e-6f1a-4c5e-9d3b-0123456789ac")).toBe(-1);
    expect(indexOfId(points, "nonsense")).toBe(-1);
    expect(idAt(points, 3)).toBe("");
    expect(idAt(points, -1)).toBe("");
  });

  it("walks what two lists have in common", () => {
    const found: number[] = [];
    eachCommon(points, packIds(["00000000-0000-4000-8000-000000000000", IDS[1]!, IDS[2]!]), (index) => found.push(index));
    expect(found).toEqual([1, 2]);
    eachCommon(points, new Uint8Array(), () => expect.unreachable());
  });
});

describe("a list of some points", () => {
  const points = unpackPoints(packIds(IDS), packPoints(PLACES));
  const order = orderOfPoints(points, [2, 0]);

  it("has them in its order, and no others", () => {
    expect(order.length).toBe(2);
    expect([0, 1, 2].map((index) => order.idAt(index))).toEqual([IDS[2], IDS[0], undefined]);
    expect(IDS.map((id) => order.indexOf(id))).toEqual([1, -1, 0]);
    expect(order.indexOf("nonsense")).toBe(-1);
  });
});
