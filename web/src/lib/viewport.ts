/**
 * What part of an image a pane shows, as arithmetic. A viewport is in fractions of the image and in
 * multiples of its fitting size, so panes of other sizes, with other images, can share one and move in
 * step. All functions are pure; points and sizes of panes are in CSS pixels, from the pane's corner.
 */
export interface Viewport {
  /** The place in the image, in fractions of its width and height, that is in the middle of the pane. */
  readonly x: number;
  readonly y: number;
  /** 1: the whole image just fits into the pane. */
  readonly zoom: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A rectangle in fractions of the image; the contract's `Box` is one. */
export interface FractionBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A rectangle in the pane. */
export interface Placement extends Size {
  readonly left: number;
  readonly top: number;
}

/** A pane, and the size of the image in it. The image's size counts by its aspect, and for the limit of zoom. */
export interface Pane {
  readonly pane: Size;
  readonly image: Size;
}

/** The whole image. */
export const WHOLE: Viewport = { x: 0.5, y: 0.5, zoom: 1 };

/** As far as one zooms in: a pixel of the image is so many of the screen, or the zoom is so large. */
const MOST_PIXELS = 16;
const LEAST_MOST_ZOOM = 4;

/** The size of the whole image in the pane at a zoom of 1. */
export function fitted({ pane, image }: Pane): Size {
  if (image.width <= 0 || image.height <= 0) return { width: 0, height: 0 };
  const scale = Math.min(pane.width / image.width, pane.height / image.height);
  return { width: image.width * scale, height: image.height * scale };
}

/** Where the image is in the pane; larger than the pane if it is zoomed in. */
export function placement(viewport: Viewport, at: Pane): Placement {
  const fit = fitted(at);
  const width = fit.width * viewport.zoom;
  const height = fit.height * viewport.zoom;
  return {
    left: at.pane.width / 2 - viewport.x * width,
    top: at.pane.height / 2 - viewport.y * height,
    width,
    height,
  };
}

/** The largest zoom that still shows more. */
export function mostZoom(at: Pane): number {
  const fit = fitted(at);
  return fit.width === 0 ? LEAST_MOST_ZOOM : Math.max(LEAST_MOST_ZOOM, (at.image.width * MOST_PIXELS) / fit.width);
}

/** The zoom at which a pixel of the image is one of the screen. */
export function actualZoom(at: Pane): number {
  const fit = fitted(at);
  return fit.width === 0 ? 1 : at.image.width / fit.width;
}

/** The nearest allowed viewport: zoom between 1 and the most, and no empty margin that the image could fill. */
export function clamped(viewport: Viewport, at: Pane): Viewport {
  const zoom = Math.min(Math.max(viewport.zoom, 1), mostZoom(at));
  const fit = fitted(at);
  return {
    x: clampedCentre(viewport.x, at.pane.width, fit.width * zoom),
    y: clampedCentre(viewport.y, at.pane.height, fit.height * zoom),
    zoom,
  };
}

/** Zooms by a factor; the place of the image that is under `point` stays there. */
export function zoomedAt(viewport: Viewport, at: Pane, point: Point, factor: number): Viewport {
  return zoomedTo(viewport, at, viewport.zoom * factor, point);
}

/** Zooms to a value; what is under `point`, or in the middle, stays there. */
export function zoomedTo(viewport: Viewport, at: Pane, zoom: number, point: Point = middle(at.pane)): Viewport {
  const next = Math.min(Math.max(zoom, 1), mostZoom(at));
  const held = toFraction(viewport, at, point);
  return holding(held, point, next, at);
}

/** Moves the image by pixels of the pane, as a drag does. */
export function pannedBy(viewport: Viewport, at: Pane, dx: number, dy: number): Viewport {
  const place = placement(viewport, at);
  if (place.width === 0 || place.height === 0) return viewport;
  return clamped({ ...viewport, x: viewport.x - dx / place.width, y: viewport.y - dy / place.height }, at);
}

/**
 * Two fingers that went from `from` to `to`: what was under each stays under it, as far as the limits
 * allow. Turning does not count.
 */
export function pinched(viewport: Viewport, at: Pane, from: readonly [Point, Point], to: readonly [Point, Point]): Viewport {
  const before = distance(from[0], from[1]);
  if (before === 0) return viewport;
  const zoom = Math.min(Math.max((viewport.zoom * distance(to[0], to[1])) / before, 1), mostZoom(at));
  return holding(toFraction(viewport, at, between(from[0], from[1])), between(to[0], to[1]), zoom, at);
}

/** Shows a part of the image as large as it fits; `room` is what the part may fill of the pane. */
export function showing(box: FractionBox, at: Pane, room = 0.6): Viewport {
  const fit = fitted(at);
  const width = Math.max(box.right - box.left, 1e-6) * fit.width;
  const height = Math.max(box.bottom - box.top, 1e-6) * fit.height;
  const zoom = fit.width === 0 ? 1 : room * Math.min(at.pane.width / width, at.pane.height / height);
  return clamped({ x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2, zoom }, at);
}

/** What place of the image is at a point of the pane; outside of 0 to 1 beside the image. */
export function toFraction(viewport: Viewport, at: Pane, point: Point): Point {
  const place = placement(viewport, at);
  if (place.width === 0 || place.height === 0) return { x: 0.5, y: 0.5 };
  return { x: (point.x - place.left) / place.width, y: (point.y - place.top) / place.height };
}

/** Where in the pane a place of the image is. */
export function toPane(viewport: Viewport, at: Pane, fraction: Point): Point {
  const place = placement(viewport, at);
  return { x: place.left + fraction.x * place.width, y: place.top + fraction.y * place.height };
}

/** What part of the image is in the pane. */
export function shownBox(viewport: Viewport, at: Pane): FractionBox {
  const first = toFraction(viewport, at, { x: 0, y: 0 });
  const last = toFraction(viewport, at, { x: at.pane.width, y: at.pane.height });
  return { left: within(first.x), top: within(first.y), right: within(last.x), bottom: within(last.y) };
}

/** The rectangle between two places, within the image; undefined if it has no area. */
export function boxBetween(from: Point, to: Point): FractionBox | undefined {
  const box = {
    left: within(Math.min(from.x, to.x)),
    top: within(Math.min(from.y, to.y)),
    right: within(Math.max(from.x, to.x)),
    bottom: within(Math.max(from.y, to.y)),
  };
  return box.left < box.right && box.top < box.bottom ? box : undefined;
}

/** A zoom factor of a turn of the wheel; `ctrlKey` is a pinch on a touchpad, which comes in small steps. */
export function wheelFactor(event: { deltaY: number; deltaMode: number; ctrlKey: boolean }): number {
  const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1);
  return Math.exp(-Math.max(-240, Math.min(240, pixels)) * (event.ctrlKey ? 0.01 : 0.0025));
}

function holding(fraction: Point, point: Point, zoom: number, at: Pane): Viewport {
  const fit = fitted(at);
  const width = fit.width * zoom;
  const height = fit.height * zoom;
  if (width === 0 || height === 0) return WHOLE;
  return clamped(
    {
      x: fraction.x - (point.x - at.pane.width / 2) / width,
      y: fraction.y - (point.y - at.pane.height / 2) / height,
      zoom,
    },
    at,
  );
}

function clampedCentre(centre: number, pane: number, image: number): number {
  if (image <= pane || image === 0) return 0.5;
  const half = pane / 2 / image;
  return Math.min(Math.max(centre, half), 1 - half);
}

const middle = (pane: Size): Point => ({ x: pane.width / 2, y: pane.height / 2 });
const between = (a: Point, b: Point): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);
const within = (value: number): number => Math.min(1, Math.max(0, value));
