/** Loads the part of a list that a selection reaches over, and says how far that is if it takes long. */
import { useCallback } from "react";

import { explain } from "@/lib/errors";
import { formatCount, formatPercent } from "@/lib/numbers";
import { toast } from "@/ui/toast";

import type { ImageList } from "../images/image-list";

const KEY = "reach";
/** Messages are read aloud: not more often than this. */
const STEP = 0.2;
/** As many are there in a moment. */
const FEW = 1500;

export function useReach(list: ImageList): (first: number, last: number) => Promise<void> | undefined {
  return useCallback(
    (first, last) => {
      if (isLoaded(list, first, last)) return undefined;
      return load(list, first, last);
    },
    [list],
  );
}

function isLoaded(list: ImageList, first: number, last: number): boolean {
  const { order } = list.getView();
  for (let index = first; index <= last; index += 1) if (order.idAt(index) === undefined) return false;
  return true;
}

async function load(list: ImageList, first: number, last: number): Promise<void> {
  const count = formatCount(last - first + 1);
  let told = 0;
  let dismiss = (): void => undefined;
  try {
    await list.ensure(first, last, (share) => {
      if (last - first < FEW || share < told) return;
      told = share + STEP;
      dismiss = toast(`Selecting ${count} images, ${formatPercent(share, 0)}`, { key: KEY, durationMs: 60_000 });
    });
    dismiss();
  } catch (error) {
    toast(`Not all are selected. ${explain(error).message}`, { key: KEY, tone: "error" });
    throw error;
  }
}
