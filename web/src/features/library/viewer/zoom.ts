/** What the zoom is called, and whether the picture on screen is fine enough for it; pure. */
import { type Image } from "@/gen/argus/storage/v1/image_pb.js";
import { actualZoom, fitted, type Pane, type Viewport } from "@/lib/viewport";

/** A press of + or -. */
export const ZOOM_STEP = 1.5;
/** Longest side of what `display_url` gives. */
const DISPLAY_PIXELS = 2048;
const SHOWN_BY_BROWSERS = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp", "image/avif"];

/** `Fit`, or `240 %` of the image's own pixels. */
export function zoomWords({ zoom }: Viewport, pane: Pane): string {
  if (zoom <= 1.001) return "Fit";
  return `${Math.round((100 * zoom) / actualZoom(pane))} %`;
}

/** Whether the uploaded bytes would show more than the rendition does at this zoom. */
export function wantsOriginal(image: Pick<Image, "width" | "height" | "contentType">, { zoom }: Viewport, pane: Pane, density = 1): boolean {
  const longest = Math.max(image.width, image.height);
  if (longest <= DISPLAY_PIXELS || !SHOWN_BY_BROWSERS.includes(image.contentType)) return false;
  const fit = fitted(pane);
  return zoom > 1.001 && Math.max(fit.width, fit.height) * zoom * density > DISPLAY_PIXELS;
}
