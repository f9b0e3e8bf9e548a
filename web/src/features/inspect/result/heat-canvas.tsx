/** The heat map over an image; fills the box it is in. */
import { useLayoutEffect, useRef } from "react";

import type { Heat } from "./heat";

export function HeatCanvas({ heat, opacity }: { heat: Heat; opacity: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const context = canvas.current?.getContext("2d");
    context?.putImageData(new ImageData(heat.pixels, heat.width, heat.height), 0, 0);
  }, [heat]);
  return (
    <canvas
      ref={canvas}
      width={heat.width}
      height={heat.height}
      aria-hidden="true"
      className="pointer-events-none absolute inset-0 size-full"
      style={{ opacity }}
    />
  );
}
