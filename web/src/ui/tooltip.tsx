/** A few words on hover and on keyboard focus. Never the only place where something is said. */
import { type ReactNode, useEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";

import { Kbd } from "./kbd";

const DELAY_MS = 400;

export function Tooltip({ text, keys, children }: { text: string; keys?: string; children: ReactNode }) {
  const anchor = useRef<HTMLSpanElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [place, setPlace] = useState<{ x: number; y: number; above: boolean } | null>(null);

  const show = (): void => {
    const box = anchor.current?.firstElementChild?.getBoundingClientRect();
    if (!box) return;
    const above = box.top > 48;
    setPlace({ x: box.left + box.width / 2, y: above ? box.top - 6 : box.bottom + 6, above });
  };
  const hide = (): void => {
    clearTimeout(timer.current);
    setPlace(null);
  };
  useEffect(() => () => clearTimeout(timer.current), []);

  return (
    // What it listens to bubbles up from the control inside.
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions
    <span
      ref={anchor}
      className="contents"
      onPointerEnter={(event) => {
        if (event.pointerType === "mouse") timer.current = setTimeout(show, DELAY_MS);
      }}
      onPointerLeave={hide}
      onPointerDown={hide}
      onFocus={(event) => {
        if (event.target.matches(":focus-visible")) show();
      }}
      onBlur={hide}
    >
      {children}
      {place &&
        createPortal(
          <span
            aria-hidden="true"
            className="pointer-events-none fixed z-50 flex items-center gap-2 rounded-sm bg-ink px-2 py-1 text-xs font-medium whitespace-nowrap text-canvas"
            style={{
              left: Math.min(Math.max(place.x, 64), innerWidth - 64),
              top: place.y,
              transform: `translate(-50%, ${place.above ? "-100%" : "0"})`,
            }}
          >
            {text}
            {keys && <Kbd keys={keys} />}
          </span>,
          // A modal dialog is above everything outside it.
          anchor.current?.closest("dialog") ?? document.body,
        )}
    </span>
  );
}
