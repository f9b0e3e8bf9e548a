/** Whether the panel is open: kept in this browser on wide screens; on a phone it is in the way until it is asked for. */
import { useState } from "react";

const KEY = "argus.viewer.panel";

export function usePanel(): [boolean, (open: boolean) => void] {
  const [open, setOpen] = useState(() => isWide() && read() !== "closed");
  return [
    open,
    (next) => {
      setOpen(next);
      if (!isWide()) return;
      try {
        localStorage.setItem(KEY, next ? "open" : "closed");
      } catch {
        // Full or forbidden: it holds until the viewer is closed.
      }
    },
  ];
}

/** Wider than a phone. */
const isWide = (): boolean => matchMedia("(min-width: 40.0625rem)").matches;

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
