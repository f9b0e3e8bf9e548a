/** An inspection's heat map, ready to be drawn; decoded once, also ahead of time. */
import { useEffect, useState } from "react";

import type { InspectResponse } from "@/gen/argus/inspection/v1/inspection_pb.js";
import type { Size } from "@/lib/viewport";

import { contour, pathOf } from "./contour";
import { decodeGreyPng } from "./grey-png";
import { heatPixels, levelsPerThreshold } from "./heat-colours";

export interface Heat extends Size {
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
  /** Where the threshold is passed: the `d` of an SVG path, in thousandths of the image. */
  readonly outline: string;
}

type Mapped = Pick<InspectResponse, "heatmap" | "heatmapScale" | "threshold">;

const begun = new WeakMap<Uint8Array, Promise<Heat>>();
const done = new WeakMap<Uint8Array, Heat>();

/** Undefined if the inspection has no heat map. */
export function prepareHeat({ heatmap, heatmapScale, threshold }: Mapped): Promise<Heat> | undefined {
  if (heatmap.length === 0) return undefined;
  let heat = begun.get(heatmap);
  if (!heat) {
    heat = decodeGreyPng(heatmap).then((map) => {
      const made = {
        width: map.width,
        height: map.height,
        pixels: heatPixels(map, heatmapScale, threshold),
        outline: pathOf(contour(map, levelsPerThreshold(heatmapScale, threshold))),
      };
      done.set(heatmap, made);
      return made;
    });
    begun.set(heatmap, heat);
  }
  return heat;
}

export interface HeatState {
  readonly heat: Heat | undefined;
  /** The map is broken. */
  readonly failed: boolean;
}

/** There at once if it was prepared. */
export function useHeat(inspection: Mapped): HeatState {
  const { heatmap } = inspection;
  const [, setTold] = useState(0);
  const [failed, setFailed] = useState<Uint8Array>();
  useEffect(() => {
    if (done.has(heatmap)) return undefined;
    let wanted = true;
    prepareHeat(inspection)?.then(
      () => wanted && setTold((count) => count + 1),
      () => wanted && setFailed(heatmap),
    );
    return () => {
      wanted = false;
    };
  }, [heatmap, inspection]);
  return { heat: done.get(heatmap), failed: failed === heatmap && heatmap.length > 0 };
}
