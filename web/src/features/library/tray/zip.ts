/**
 * A ZIP archive of files as they are, without compression: pictures are compressed already. As PKWARE's
 * APPNOTE 6.3.10 has it, without ZIP64: at most 65,535 files and 4 GiB.
 */
export interface ZipEntry {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
  modified: Date;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
/** Names are UTF-8. */
const UTF8 = 0x0800;

export function zipOf(entries: readonly ZipEntry[]): Blob {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const directory: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  for (const [index, name] of distinctNames(entries.map((entry) => entry.name)).entries()) {
    const entry = entries[index];
    if (!entry) continue;
    const encoded = new TextEncoder().encode(name);
    const size = entry.bytes.length;
    // What both headers say: version, flags, method, time, date, CRC, sizes, lengths of name and extra field.
    const facts: Field[] = [
      [2, VERSION],
      [2, UTF8],
      [2, 0],
      [2, dosTime(entry.modified)],
      [2, dosDate(entry.modified)],
      [4, crc32(entry.bytes)],
      [4, size],
      [4, size],
      [2, encoded.length],
      [2, 0],
    ];
    const local = packed([[4, LOCAL], ...facts]);
    parts.push(local, encoded, entry.bytes);
    // Comment, disk, attributes inside and outside, where the local header is.
    directory.push(packed([[4, CENTRAL], [2, VERSION], ...facts, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]]), encoded);
    offset += local.length + encoded.length + size;
  }
  const length = directory.reduce((sum, part) => sum + part.length, 0);
  const count = entries.length;
  const end = packed([[4, END], [2, 0], [2, 0], [2, count], [2, count], [4, length], [4, offset], [2, 0]]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

/** Names of which none is there twice: `a.jpg`, `a (2).jpg`. Case does not tell them apart. */
export function distinctNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const dot = name.lastIndexOf(".");
    const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
    let free = name;
    for (let count = 2; taken.has(free.toLowerCase()); count += 1) free = `${stem} (${count})${ending}`;
    taken.add(free.toLowerCase());
    return free;
  });
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0);
  return (crc ^ 0xffffffff) >>> 0;
}

type Field = readonly [bytes: 2 | 4, value: number];

/** Little-endian. */
function packed(fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(fields.reduce((sum, [bytes]) => sum + bytes, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const [bytes, value] of fields) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  return out;
}

function dosTime(date: Date): number {
  return (date.getHours() << 11) | (date.getMinutes() << 5) | (date.getSeconds() >> 1);
}

function dosDate(date: Date): number {
  return (Math.max(0, date.getFullYear() - 1980) << 9) | ((date.getMonth() + 1) << 5) | date.getDate();
}
