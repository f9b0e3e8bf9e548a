/** The map's images and their places, unpacked once into typed arrays; pure. */

import type { Order } from "@/lib/selection";

export interface MapPoints {
  readonly count: number;
  /** Places, 0 to 1; `x[i]`, `y[i]` belong to the i-th image. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** 16 bytes an image, big-endian UUIDs, ascending. */
  readonly ids: Uint8Array;
}

export const NO_POINTS: MapPoints = { count: 0, x: new Float32Array(), y: new Float32Array(), ids: new Uint8Array() };

const ID_BYTES = 16;
const POINT_BYTES = 8;

/**
 * Unpacks `GetMapResponse.image_ids` and `points`. The bytes may begin anywhere in their buffer. What
 * one of the two has more of is left out.
 */
export function unpackPoints(imageIds: Uint8Array, points: Uint8Array): MapPoints {
  const count = Math.min(Math.floor(imageIds.length / ID_BYTES), Math.floor(points.length / POINT_BYTES));
  const view = new DataView(points.buffer, points.byteOffset, points.byteLength);
  const x = new Float32Array(count);
  const y = new Float32Array(count);
  for (let index = 0; index < count; index += 1) {
    x[index] = view.getFloat32(index * POINT_BYTES, true);
    y[index] = view.getFloat32(index * POINT_BYTES + 4, true);
  }
  return { count, x, y, ids: imageIds.slice(0, count * ID_BYTES) };
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** The UUID of an image as the contract writes it; empty if there is no such image. */
export function idAt({ ids, count }: MapPoints, index: number): string {
  if (index < 0 || index >= count) return "";
  let text = "";
  for (let byte = 0; byte < ID_BYTES; byte += 1) {
    if (byte === 4 || byte === 6 || byte === 8 || byte === 10) text += "-";
    text += HEX[ids[index * ID_BYTES + byte] ?? 0] ?? "";
  }
  return text;
}

/** Where an image is in the arrays, by binary search; -1 if it is not on the map. */
export function indexOfId(points: MapPoints, id: string): number {
  const wanted = bytesOf(id);
  if (!wanted) return -1;
  let low = 0;
  let high = points.count - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const order = compare(points.ids, middle * ID_BYTES, wanted, 0);
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/**
 * Calls with the index of each image of `some` that is on the map too. Both are ascending: one walk
 * through both.
 *
 * @param some packed ids, 16 bytes each, ascending
 */
export function eachCommon(points: MapPoints, some: Uint8Array, found: (index: number) => void): void {
  let index = 0;
  let other = 0;
  const others = Math.floor(some.length / ID_BYTES);
  while (index < points.count && other < others) {
    const order = compare(points.ids, index * ID_BYTES, some, other * ID_BYTES);
    if (order === 0) found(index);
    if (order <= 0) index += 1;
    if (order >= 0) other += 1;
  }
}

function compare(one: Uint8Array, at: number, other: Uint8Array, there: number): number {
  for (let byte = 0; byte < ID_BYTES; byte += 1) {
    const difference = (one[at + byte] ?? 0) - (other[there + byte] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Packs a UUID; undefined if it is none. */
export function bytesOf(id: string): Uint8Array | undefined {
  const digits = id.replaceAll("-", "");
  if (!/^[0-9a-f]{32}$/i.test(digits)) return undefined;
  return Uint8Array.from({ length: ID_BYTES }, (_, byte) => Number.parseInt(digits.slice(byte * 2, byte * 2 + 2), 16));
}

/** Some of the points as a list that can be selected in; `idAt` and `indexOf` cost no strings in store. */
export function orderOfPoints(points: MapPoints, list: readonly number[]): Order {
  let places: Int32Array | undefined;
  return {
    length: list.length,
    idAt: (index) => {
      const point = list[index];
      return point === undefined ? undefined : idAt(points, point);
    },
    indexOf: (id) => {
      const point = indexOfId(points, id);
      if (point < 0) return -1;
      if (!places) {
        places = new Int32Array(points.count).fill(-1);
        for (const [place, each] of list.entries()) places[each] = place;
      }
      return places[point] ?? -1;
    },
  };
}
