/** Pictures that will be looked at next, fetched and decoded, so that they are on screen at once. */

const held = new Map<string, HTMLImageElement>();
const MOST = 24;

/** Resolves when it is decoded, or cannot be; never rejects. */
export async function prefetchPicture(src: string | undefined): Promise<void> {
  if (src === undefined) return;
  let image = held.get(src);
  if (!image) {
    image = new Image();
    image.src = src;
    held.set(src, image);
    // A map keeps the order in which things came.
    for (const old of [...held.keys()].slice(0, Math.max(0, held.size - MOST))) held.delete(old);
  }
  await image.decode().catch(() => undefined);
}
