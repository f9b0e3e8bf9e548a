/** Views of one thing. For pages of their own use links; these change what is below them. */
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef } from "react";

import { cx } from "./cx";

export interface TabsProps<K extends string> {
  label: string;
  tabs: readonly { key: K; label: ReactNode }[];
  value: K;
  onChange: (key: K) => void;
  /** Takes all the height there is, to a page's edges; what the tab shows scrolls by itself. */
  fill?: boolean;
  /** What the chosen tab shows. */
  children: ReactNode;
}

export function Tabs<K extends string>({ label, tabs, value, onChange, fill = false, children }: TabsProps<K>) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  // On a phone there are more than fit.
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [value]);
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    const at = tabs.findIndex((tab) => tab.key === value);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    const next = to === undefined ? undefined : tabs[(to + tabs.length) % tabs.length];
    if (!next) return;
    event.preventDefault();
    onChange(next.key);
    event.currentTarget.querySelector<HTMLElement>(`[data-tab="${next.key}"]`)?.focus();
  };
  return (
    <div className={cx("flex min-h-0 flex-col", fill && "h-full")}>
      <div
        ref={list}
        role="tablist"
        aria-label={label}
        tabIndex={-1}
        onKeyDown={onKeyDown}
        className={cx("flex shrink-0 gap-6 overflow-x-auto scroll-px-6 border-b border-line [scrollbar-width:none]", fill && "px-4 sm:px-6")}
      >
        {tabs.map((tab) => (
          <button
            key={tab.key}
            type="button"
            role="tab"
            id={`${id}-${tab.key}`}
            data-tab={tab.key}
            aria-selected={tab.key === value}
            aria-controls={`${id}-panel`}
            tabIndex={tab.key === value ? 0 : -1}
            onClick={() => onChange(tab.key)}
            className={cx(
              "-mb-px h-10 border-b-2 text-sm font-medium whitespace-nowrap -outline-offset-2",
              tab.key === value ? "border-accent text-ink" : "border-transparent text-ink-soft hover:text-ink",
            )}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${value}`} className={cx("min-h-0", fill ? "flex-1" : "pt-4")}>
        {children}
      </div>
    </div>
  );
}

/** A few choices of which one holds, such as the theme. */
export function Segmented<K extends string>({
  label,
  options,
  value,
  onChange,
}: {
  label: string;
  options: readonly { key: K; label: ReactNode }[];
  value: K;
  onChange: (key: K) => void;
}) {
  const name = useId();
  return (
    <fieldset className="inline-flex rounded-md bg-sunken p-0.5">
      <legend className="sr-only">{label}</legend>
      {options.map((option) => (
        <label
          key={option.key}
          className={cx(
            "inline-flex h-8 items-center gap-2 rounded-sm px-3 text-sm font-medium has-focus-visible:outline-2 has-focus-visible:outline-accent",
            option.key === value ? "bg-surface text-ink ring-1 ring-line" : "text-ink-soft hover:text-ink",
          )}
        >
          <input
            type="radio"
            name={name}
            className="sr-only"
            checked={option.key === value}
            onChange={() => onChange(option.key)}
          />
          {option.label}
        </label>
      ))}
    </fieldset>
  );
}
