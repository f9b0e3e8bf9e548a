/** A button that opens a small panel below it. Escape and a press elsewhere close it. */
import { type ReactNode, useEffect, useId, useLayoutEffect, useRef, useState } from "react";

import { Button } from "./button";
import { cx } from "./cx";
import type { Icon } from "./icons";

export interface PopoverProps {
  /** On the button, and the panel's name. */
  label: string;
  /** On the button instead, if it says more. */
  children?: ReactNode;
  icon?: Icon;
  align?: "start" | "end";
  panel: ReactNode;
  /** Of the button. */
  className?: string;
}

/** How near to the window's edge a panel may come. */
const MARGIN_PX = 16;
const MOST_HEIGHT_PX = 480;

export function Popover({ label, children, icon, align = "start", panel, className }: PopoverProps) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const id = useId();
  useEffect(() => {
    if (!open) return undefined;
    box.current?.focus();
    const outside = (event: PointerEvent): void => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);
  useLayoutEffect(() => {
    if (!open) return undefined;
    const fit = (): void => {
      const element = box.current;
      if (!element) return;
      element.style.transform = "";
      const { left, right, top } = element.getBoundingClientRect();
      const over = Math.max(0, right + MARGIN_PX - innerWidth);
      const by = Math.max(MARGIN_PX - left, -over);
      // On a phone it would reach beyond the window's edge.
      if (by !== 0) element.style.transform = `translateX(${by}px)`;
      element.style.maxHeight = `${Math.min(MOST_HEIGHT_PX, Math.max(160, innerHeight - top - MARGIN_PX))}px`;
    };
    fit();
    addEventListener("resize", fit);
    return () => removeEventListener("resize", fit);
  }, [open]);
  return (
    // Escape comes up from whatever inside has the focus.
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions
    <div
      ref={root}
      className="relative inline-flex"
      onKeyDown={(event) => {
        if (!open || event.key !== "Escape") return;
        event.preventDefault();
        setOpen(false);
        button.current?.focus();
      }}
    >
      <Button
        ref={button}
        variant="quiet"
        {...(icon && { icon })}
        {...(className !== undefined && { className })}
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        {children ?? label}
      </Button>
      {open && (
        <div
          ref={box}
          id={id}
          role="dialog"
          aria-label={label}
          tabIndex={-1}
          className={cx(
            "appear absolute top-full z-40 mt-1 w-80 max-w-[calc(100vw-2rem)] overflow-y-auto rounded-lg bg-raised p-4 shadow-pop outline-none",
            align === "end" ? "right-0" : "left-0",
          )}
        >
          {panel}
        </div>
      )}
    </div>
  );
}
