/** Pictures as they are worth sending: a camera has more pixels than a search looks at. */

/** Longer side, in pixels. */
const LONGEST = 2048;
const QUALITY = 0.85;

/** A JPEG of at most 2048 pixels a side, turned as the camera was held; a small picture as it is. */
export async function shrink(picture: Blob): Promise<Blob> {
  const bitmap = await createImageBitmap(picture, { imageOrientation: "from-image" });
  const scale = LONGEST / Math.max(bitmap.width, bitmap.height);
  if (scale >= 1) return picture;
  const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  if (!context) return picture;
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
}
