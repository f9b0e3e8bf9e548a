import { deflateSync } from "node:zlib";

import { describe, expect, it } from "vitest";

import { decodeGreyPng } from "./grey-png";

interface Made {
  width: number;
  height: number;
  depth?: 8 | 16;
  colour?: number;
  /** A row's filter and its bytes, filtered already. */
  rows: readonly (readonly [number, readonly number[]])[];
  parts?: number;
}

/** A PNG without checksums, which a decoder of trusted bytes does not need. */
function png({ width, height, depth = 16, colour = 0, rows, parts = 1 }: Made): Uint8Array {
  const packed = deflateSync(Uint8Array.from(rows.flatMap(([filter, bytes]) => [filter, ...bytes])));
  const header = new Uint8Array(13);
  new DataView(header.buffer).setUint32(0, width);
  new DataView(header.buffer).setUint32(4, height);
  header.set([depth, colour, 0, 0, 0], 8);
  const size = Math.ceil(packed.length / parts);
  const data = Array.from({ length: parts }, (_, part) => ["IDAT", packed.subarray(part * size, (part + 1) * size)] as const);
  const chunks = [["IHDR", header] as const, ["tEXt", new Uint8Array(3)] as const, ...data, ["IEND", new Uint8Array()] as const];
  return Uint8Array.from([
    ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    ...chunks.flatMap(([name, body]) => {
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, body.length);
      return [...length, ...Buffer.from(name, "latin1"), ...body, 0, 0, 0, 0];
    }),
  ]);
}

describe("a heat map's PNG", () => {
  it("keeps all 16 bits", async () => {
    const image = await decodeGreyPng(png({ width: 2, height: 1, rows: [[0, [0x3f, 0xff, 0x40, 0x00]]] }));
    expect(image).toEqual({ width: 2, height: 1, levels: Uint16Array.of(0x3fff, 0x4000) });
  });

  it("is read whatever filter a row has, in several parts", async () => {
    const rows: Made["rows"] = [
      [0, [1, 0, 2, 10]],
      [1, [1, 5, 1, 5]], // + left
      [2, [1, 1, 1, 1]], // + above
      [3, [2, 2, 2, 2]], // + mean of left and above
      [4, [1, 1, 1, 1]], // + Paeth
    ];
    const { levels } = await decodeGreyPng(png({ width: 2, height: 5, rows, parts: 2 }));
    const bytes = [...levels].flatMap((level) => [level >> 8, level & 0xff]);
    expect(bytes).toEqual([1, 0, 2, 10, 1, 5, 2, 10, 2, 6, 3, 11, 3, 5, 5, 10, 4, 6, 6, 11]);
  });

  it("may be a view into a larger buffer, as messages are", async () => {
    const bytes = png({ width: 1, height: 1, rows: [[0, [1, 2]]] });
    const around = new Uint8Array(bytes.length + 7);
    around.set(bytes, 5);
    expect((await decodeGreyPng(around.subarray(5, 5 + bytes.length))).levels).toEqual(Uint16Array.of(258));
  });

  it("of 8 bits is stretched", async () => {
    const image = await decodeGreyPng(png({ width: 2, height: 1, depth: 8, rows: [[0, [0, 255]]] }));
    expect(image.levels).toEqual(Uint16Array.of(0, 65535));
  });

  it.each([
    ["no PNG", () => Uint8Array.of(1, 2, 3)],
    ["ends", () => png({ width: 1, height: 1, rows: [[0, [0, 0]]] }).subarray(0, 60)],
    ["fewer pixels", () => png({ width: 9, height: 9, rows: [[0, [0, 0]]] })],
    ["more pixels", () => png({ width: 1, height: 1, rows: [[0, [0, 0, 0, 0]]] })],
    ["no grey image", () => png({ width: 1, height: 1, colour: 2, rows: [[0, [0, 0]]] })],
    ["unknown filter", () => png({ width: 1, height: 1, rows: [[9, [0, 0]]] })],
    ["sensible size", () => png({ width: 100_000, height: 100_000, rows: [] })],
  ])("that is wrong is refused: %s", async (says, made) => {
    await expect(decodeGreyPng(made())).rejects.toThrow(says);
  });
});
