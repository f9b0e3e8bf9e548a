/** What part of the map is on screen, and how places become pixels; pure. */

/** `x`, `y`: the place in the middle of the screen. `scale`: pixels (CSS) per unit of the map. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

/** CSS pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Place {
  readonly x: number;
  readonly y: number;
}

const MARGIN = 40;
const MOST_ZOOM = 500;

/** Shows all places between 0 and 1. */
export function fitView({ width, height }: Size): View {
  return { x: 0.5, y: 0.5, scale: Math.max(1, Math.min(width, height) - 2 * MARGIN) };
}

/** Shows a box of places, with room around it. */
export function fitBox(size: Size, box: Box): View {
  const width = Math.max(box.right - box.left, 1e-4);
  const height = Math.max(box.bottom - box.top, 1e-4);
  const scale = Math.min((size.width - 2 * MARGIN) / width, (size.height - 2 * MARGIN) / height);
  return limited(size, { x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2, scale });
}

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export function toScreen(view: View, size: Size, place: Place): Place {
  return { x: (place.x - view.x) * view.scale + size.width / 2, y: (place.y - view.y) * view.scale + size.height / 2 };
}

export function toMap(view: View, size: Size, pixel: Place): Place {
  return { x: (pixel.x - size.width / 2) / view.scale + view.x, y: (pixel.y - size.height / 2) / view.scale + view.y };
}

/** Zooms by a factor; what is under `pixel` stays there. */
export function zoomAt(view: View, size: Size, pixel: Place, factor: number): View {
  const fixed = toMap(view, size, pixel);
  const scale = limitedScale(size, view.scale * factor);
  return limited(size, {
    x: fixed.x - (pixel.x - size.width / 2) / scale,
    y: fixed.y - (pixel.y - size.height / 2) / scale,
    scale,
  });
}

/** Moves what is on screen by pixels. */
export function panBy(view: View, size: Size, dx: number, dy: number): View {
  return limited(size, { ...view, x: view.x - dx / view.scale, y: view.y - dy / view.scale });
}

/** The places on screen, and `around` pixels beyond. */
export function boxOf(view: View, size: Size, around = 0): Box {
  const from = toMap(view, size, { x: -around, y: -around });
  const to = toMap(view, size, { x: size.width + around, y: size.height + around });
  return { left: from.x, top: from.y, right: to.x, bottom: to.y };
}

/** Moves the view no further than needed to have a place on screen. */
export function reveal(view: View, size: Size, place: Place, around = 48): View {
  const at = toScreen(view, size, place);
  const by = (value: number, length: number): number =>
    value < around ? around - value : value > length - around ? length - around - value : 0;
  return panBy(view, size, by(at.x, size.width), by(at.y, size.height));
}

function limitedScale(size: Size, scale: number): number {
  const fit = fitView(size).scale;
  return Math.min(fit * MOST_ZOOM, Math.max(fit * 0.75, scale));
}

/** The middle of the screen is always on the map, so that one cannot get lost. */
function limited(size: Size, view: View): View {
  return { x: clamp(view.x), y: clamp(view.y), scale: limitedScale(size, view.scale) };
}

const clamp = (value: number): number => Math.min(1, Math.max(0, value));
