/** Opens an image large, from whatever list it stands in. */
import { useCallback } from "react";
import { useNavigate } from "react-router";

import type { Order } from "./selection";

/** History entries cannot hold lists of any length; nobody walks further by key. */
const MOST_AROUND = 500;

/** `order` is the list that previous and next walk. */
export function useOpenImage(): (order: Order, start: string) => void {
  const navigate = useNavigate();
  return useCallback(
    (order, start) => {
      const at = order.indexOf(start);
      const ids: string[] = [];
      for (let index = Math.max(0, at - MOST_AROUND); index < Math.min(order.length, at + MOST_AROUND); index += 1) {
        const id = order.idAt(index);
        if (id !== undefined) ids.push(id);
      }
      void navigate(`/library/${start}`, { state: { ids } });
    },
    [navigate],
  );
}
