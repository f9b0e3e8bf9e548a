/** How large cells are, remembered in this browser. */
import { useState } from "react";

const KEY = "argus.library.cell";
export const SMALLEST = 96;
export const LARGEST = 352;
const USUAL = 184;
/** On a phone, three beside each other. */
const PHONE = "(max-width: 639px)";
const PHONE_USUAL = 108;

export function useCellSize(): [number, (size: number) => void] {
  const [size, setSize] = useState(() => {
    const kept = Number(localStorage.getItem(KEY));
    return kept >= SMALLEST && kept <= LARGEST ? kept : matchMedia(PHONE).matches ? PHONE_USUAL : USUAL;
  });
  return [
    size,
    (next) => {
      localStorage.setItem(KEY, String(next));
      setSize(next);
    },
  ];
}
