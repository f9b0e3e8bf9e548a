/** The points of the map, painted. */
import { useEffect, useRef } from "react";

import { type Paint, paint, radiusFor, type Scene } from "./paint";

/** Sharper screens than this gain nothing from more pixels. */
const MOST_RATIO = 2;

export interface PointCanvasProps extends Pick<Scene, "points" | "view" | "size" | "categories" | "emphasis"> {
  colours: Paint;
}

export function PointCanvas({ points, view, size, categories, emphasis, colours }: PointCanvasProps) {
  const ref = useRef<HTMLCanvasElement>(null);
  const picture = useRef<{ image: ImageData; pixels: Uint32Array } | null>(null);
  const ratio = Math.min(MOST_RATIO, devicePixelRatio || 1);
  const width = Math.round(size.width * ratio);
  const height = Math.round(size.height * ratio);

  useEffect(() => {
    const context = ref.current?.getContext("2d", { alpha: false });
    if (!context || width === 0 || height === 0) return undefined;
    // Several changes before the next frame are painted once.
    const frame = requestAnimationFrame(() => {
      if (picture.current?.image.width !== width || picture.current.image.height !== height) {
        const image = new ImageData(width, height);
        picture.current = { image, pixels: new Uint32Array(image.data.buffer) };
      }
      const { image, pixels } = picture.current;
      const radius = radiusFor(points.count, view.scale);
      paint(pixels, width, height, { points, view, size, ratio, radius, categories, emphasis }, colours);
      context.putImageData(image, 0, 0);
    });
    return () => cancelAnimationFrame(frame);
  }, [points, view, size, ratio, width, height, categories, emphasis, colours]);

  return <canvas ref={ref} width={width} height={height} aria-hidden="true" className="absolute inset-0 size-full" />;
}
