/** A button that opens a list of actions; arrows, Home, End, Escape and first letters work. */
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";

import { cx } from "./cx";
import type { Icon } from "./icons";
import { Kbd } from "./kbd";

export interface MenuItem {
  label: string;
  icon?: Icon;
  keys?: string;
  danger?: boolean;
  disabled?: boolean;
  run: () => void;
}

export interface MenuProps {
  /** The button; spread what it gets. */
  trigger: (props: {
    onClick: () => void;
    "aria-haspopup": "menu";
    "aria-expanded": boolean;
    "aria-controls": string;
  }) => ReactNode;
  /** `null` draws a line. */
  items: readonly (MenuItem | null)[];
  label: string;
  align?: "start" | "end";
  side?: "below" | "above";
}

export function Menu({ trigger, items, label, align = "end", side = "below" }: MenuProps) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();

  const close = (refocus: boolean): void => {
    setOpen(false);
    if (refocus) root.current?.querySelector<HTMLElement>("[aria-haspopup]")?.focus();
  };
  useEffect(() => {
    if (!open) return undefined;
    entries(list.current)[0]?.focus();
    const outside = (event: PointerEvent): void => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const all = entries(list.current);
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const to = { ArrowDown: (at + 1) % all.length, ArrowUp: (at + all.length - 1) % all.length, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === "Escape" || event.key === "Tab") close(event.key === "Escape");
    else if (to !== undefined) all[to]?.focus();
    else if (event.key.length === 1 && event.key !== " ") {
      const letter = event.key.toLowerCase();
      [...all.slice(at + 1), ...all.slice(0, at + 1)].find((each) => each.textContent.toLowerCase().startsWith(letter))?.focus();
    } else return;
    if (event.key !== "Tab") event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div ref={root} className="relative inline-flex">
      {trigger({
        onClick: () => setOpen((was) => !was),
        "aria-haspopup": "menu",
        "aria-expanded": open,
        "aria-controls": id,
      })}
      {open && (
        <div
          ref={list}
          id={id}
          role="menu"
          aria-label={label}
          tabIndex={-1}
          onKeyDown={onKeyDown}
          className={cx(
            "appear absolute z-40 flex min-w-48 flex-col rounded-md bg-raised p-1 shadow-pop",
            align === "end" ? "right-0" : "left-0",
            side === "below" ? "top-full mt-1" : "bottom-full mb-1",
          )}
        >
          {items.map((item, index) =>
            item === null ? (
              <div key={index} role="separator" className="my-1 h-px bg-line" />
            ) : (
              <button
                key={item.label}
                type="button"
                role="menuitem"
                tabIndex={-1}
                disabled={item.disabled}
                onClick={() => {
                  close(true);
                  item.run();
                }}
                className={cx(
                  "flex h-9 items-center gap-3 rounded-sm px-3 text-left text-sm outline-none focus:bg-sunken hover:bg-sunken disabled:opacity-40",
                  item.danger ? "text-anomalous" : "text-ink",
                )}
              >
                {item.icon && <item.icon width={16} height={16} />}
                <span className="flex-1">{item.label}</span>
                {item.keys && <Kbd keys={item.keys} />}
              </button>
            ),
          )}
        </div>
      )}
    </div>
  );
}

function entries(list: HTMLElement | null): HTMLButtonElement[] {
  return [...(list?.querySelectorAll<HTMLButtonElement>("[role=menuitem]:not(:disabled)") ?? [])];
}
