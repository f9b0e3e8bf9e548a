import { expect, it } from "vitest";

import { crc32, distinctNames, zipOf } from "./zip";

const bytes = (text: string) => new TextEncoder().encode(text);

it("sums as ZIP does", () => {
  // The check value of CRC-32/ISO-HDLC.
  expect(crc32(bytes("123456789"))).toBe(0xcbf43926);
  expect(crc32(bytes(""))).toBe(0);
});

it("lets no file take the place of another", () => {
  expect(distinctNames(["a.jpg", "b.jpg", "a.jpg", "A.JPG", "a (2).jpg", "noend", "noend", ".hidden", ".hidden"])).toEqual([
    "a.jpg",
    "b.jpg",
    "a (2).jpg",
    "A (3).JPG",
    "a (2) (2).jpg",
    "noend",
    "noend (2)",
    ".hidden",
    ".hidden (2)",
  ]);
});

it("puts each file where the directory says", async () => {
  const modified = new Date(2026, 2, 12, 14, 5, 30);
  const zip = new Uint8Array(
    await zipOf([
      { name: "one.jpg", bytes: bytes("first"), modified },
      { name: "żółw.png", bytes: bytes("second one"), modified },
    ]).arrayBuffer(),
  );
  expect(read(zip)).toEqual([
    { name: "one.jpg", text: "first", crc: crc32(bytes("first")), modified: "2026-3-12 14:5:30" },
    { name: "żółw.png", text: "second one", crc: crc32(bytes("second one")), modified: "2026-3-12 14:5:30" },
  ]);
});

it("is an archive also when there is nothing in it", async () => {
  expect(read(new Uint8Array(await zipOf([]).arrayBuffer()))).toEqual([]);
});

/** Reads an archive by its directory, as programs do. */
function read(zip: Uint8Array) {
  const view = new DataView(zip.buffer);
  const end = zip.length - 22;
  expect(view.getUint32(end, true)).toBe(0x06054b50);
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  expect(at + view.getUint32(end + 12, true)).toBe(end);
  return Array.from({ length: count }, () => {
    expect(view.getUint32(at, true)).toBe(0x02014b50);
    const [time, date] = [view.getUint16(at + 12, true), view.getUint16(at + 14, true)];
    const size = view.getUint32(at + 24, true);
    const nameLength = view.getUint16(at + 28, true);
    const local = view.getUint32(at + 42, true);
    expect(view.getUint32(local, true)).toBe(0x04034b50);
    const name = new TextDecoder().decode(zip.slice(at + 46, at + 46 + nameLength));
    const begin = local + 30 + view.getUint16(local + 26, true);
    const entry = {
      name,
      text: new TextDecoder().decode(zip.slice(begin, begin + size)),
      crc: view.getUint32(at + 16, true),
      modified: `${(date >> 9) + 1980}-${(date >> 5) & 15}-${date & 31} ${time >> 11}:${(time >> 5) & 63}:${(time & 31) * 2}`,
    };
    at += 46 + nameLength;
    return entry;
  });
}
