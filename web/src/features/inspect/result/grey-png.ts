/**
 * Reads the heat map's PNG with all its 16 bits. A canvas keeps 8 of them: the map goes up to four
 * thresholds, so 64 levels would be left below the threshold, and contours would be stairs.
 *
 * PNG (ISO/IEC 15948), as far as heat maps use it: grey without alpha, 8 or 16 bits, not interlaced.
 */
export interface GreyImage {
  readonly width: number;
  readonly height: number;
  /** Rows from above, 0 to 65535. */
  readonly levels: Uint16Array;
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const MOST_PIXELS = 4096 * 4096;

/**
 * The grey levels of a PNG; those of 8 bits are stretched to 16.
 *
 * @throws Error if it is none, is broken, or of another kind
 */
export async function decodeGreyPng(bytes: Uint8Array): Promise<GreyImage> {
  if (SIGNATURE.some((byte, index) => bytes[index] !== byte)) throw new Error("This is no PNG.");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data: Uint8Array[] = [];
  let header: { width: number; height: number; depth: number } | undefined;
  for (let at = SIGNATURE.length; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const type = view.getUint32(at + 4);
    const body = at + 8;
    if (body + length + 4 > bytes.length) throw new Error("The PNG ends too early.");
    if (type === chunk("IHDR")) header = readHeader(view, body);
    if (type === chunk("IDAT")) data.push(bytes.subarray(body, body + length));
    if (type === chunk("IEND")) break;
    at = body + length + 4;
  }
  if (!header) throw new Error("The PNG has no header.");
  const { width, height, depth } = header;
  const perPixel = depth / 8;
  const stride = width * perPixel;
  const raw = await inflate(data, (stride + 1) * height);
  unfilter(raw, stride, height, perPixel);
  const levels = new Uint16Array(width * height);
  for (let row = 0, to = 0; row < height; row += 1) {
    let from = row * (stride + 1) + 1;
    for (let column = 0; column < width; column += 1, to += 1) {
      const high = raw[from++] ?? 0;
      levels[to] = perPixel === 2 ? (high << 8) | (raw[from++] ?? 0) : high * 257;
    }
  }
  return { width, height, levels };
}

function readHeader(view: DataView, at: number): { width: number; height: number; depth: number } {
  const [width, height] = [view.getUint32(at), view.getUint32(at + 4)];
  const [depth, colour, interlaced] = [view.getUint8(at + 8), view.getUint8(at + 9), view.getUint8(at + 12)];
  if (width === 0 || height === 0 || width * height > MOST_PIXELS) throw new Error("The PNG has no sensible size.");
  if (colour !== 0 || (depth !== 8 && depth !== 16) || interlaced !== 0) throw new Error("The PNG is no grey image of 8 or 16 bits.");
  return { width, height, depth };
}

/** A zlib stream's bytes, exactly so many. */
async function inflate(parts: readonly Uint8Array[], length: number): Promise<Uint8Array> {
  const stream = new DecompressionStream("deflate");
  const writer = stream.writable.getWriter();
  const written = (async () => {
    for (const part of parts) await writer.write(part.slice());
    await writer.close();
  })();
  // What is wrong is said by the reading side.
  written.catch(() => undefined);
  const reader = stream.readable.getReader();
  const out = new Uint8Array(length);
  let filled = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    if (filled + value.length > length) throw new Error("The PNG has more pixels than it says.");
    out.set(value, filled);
    filled += value.length;
  }
  if (filled < length) throw new Error("The PNG has fewer pixels than it says.");
  return out;
}

/** Undoes the filters of rows (section 9.2), in place. Each row has its filter's number before it. */
function unfilter(raw: Uint8Array, stride: number, height: number, perPixel: number): void {
  for (let row = 0; row < height; row += 1) {
    const start = row * (stride + 1) + 1;
    const above = start - stride - 1;
    const filter = raw[start - 1] ?? 0;
    if (filter > 4) throw new Error("The PNG has a row of an unknown filter.");
    if (filter === 0) continue;
    for (let index = 0; index < stride; index += 1) {
      const left = index >= perPixel ? (raw[start + index - perPixel] ?? 0) : 0;
      const up = row > 0 ? (raw[above + index] ?? 0) : 0;
      const corner = index >= perPixel && row > 0 ? (raw[above + index - perPixel] ?? 0) : 0;
      const guess =
        filter === 1 ? left : filter === 2 ? up : filter === 3 ? (left + up) >> 1 : paeth(left, up, corner);
      raw[start + index] = ((raw[start + index] ?? 0) + guess) & 0xff;
    }
  }
}

function paeth(left: number, up: number, corner: number): number {
  const towards = left + up - corner;
  const [byLeft, byUp, byCorner] = [Math.abs(towards - left), Math.abs(towards - up), Math.abs(towards - corner)];
  if (byLeft <= byUp && byLeft <= byCorner) return left;
  return byUp <= byCorner ? up : corner;
}

const chunk = (name: string): number => [0, 1, 2, 3].reduce((sum, place) => sum * 256 + name.charCodeAt(place), 0);
