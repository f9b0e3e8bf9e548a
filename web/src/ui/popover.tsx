/** A button that opens a small panel below it. Escape and a press elsewhere close it. */
import { type ReactNode, useEffect, useId, useRef, useState } from "react";

import { Button } from "./button";
import { cx } from "./cx";
import type { Icon } from "./icons";

export interface PopoverProps {
  /** On the button, and the panel's name. */
  label: string;
  /** On the button instead, if it says more. */
  children?: ReactNode;
  icon: Icon;
  align?: "start" | "end";
  panel: ReactNode;
}

export function Popover({ label, children, icon, align = "start", panel }: PopoverProps) {
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
      <Button ref={button} variant="quiet" icon={icon} aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
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
            "appear absolute top-full z-40 mt-1 max-h-96 w-80 max-w-[calc(100vw-2rem)] overflow-y-auto rounded-lg bg-raised p-4 shadow-pop outline-none",
            align === "end" ? "right-0" : "left-0",
          )}
        >
          {panel}
        </div>
      )}
    </div>
  );
}
