/** Buttons. One primary button a view; `danger` for what cannot be undone. */
import type { ButtonHTMLAttributes, Ref } from "react";
import { Link, type LinkProps } from "react-router";

import { cx } from "./cx";
import type { Icon } from "./icons";
import { Tooltip } from "./tooltip";

export type Variant = "primary" | "secondary" | "quiet" | "link" | "danger";
export type Size = "sm" | "md";

const VARIANTS: Record<Variant, string> = {
  primary: "bg-accent text-on-accent hover:bg-accent-strong",
  secondary: "bg-surface text-ink ring-1 ring-inset ring-line hover:bg-sunken",
  quiet: "text-ink-soft hover:bg-sunken hover:text-ink",
  link: "text-accent hover:bg-accent-soft",
  danger: "bg-anomalous-soft text-anomalous hover:ring-1 hover:ring-inset hover:ring-anomalous",
};
const SIZES: Record<Size, string> = {
  sm: "h-8 gap-1.5 px-3 text-sm",
  md: "h-10 gap-2 px-4 text-base",
};

const BASE =
  "inline-flex shrink-0 items-center justify-center rounded-md font-medium whitespace-nowrap transition-colors select-none";

interface Look {
  variant?: Variant;
  size?: Size;
}

function look({ variant = "secondary", size = "sm" }: Look): string {
  return cx(BASE, VARIANTS[variant], SIZES[size]);
}

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement>, Look {
  icon?: Icon;
  /** Shows that it is at work; it cannot be pressed meanwhile and keeps the focus. */
  busy?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({ variant, size, icon: Shape, busy = false, children, className, onClick, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      aria-busy={busy || undefined}
      aria-disabled={busy || undefined}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else onClick?.(event);
      }}
      className={cx(
        look({ ...(variant && { variant }), ...(size && { size }) }),
        "disabled:cursor-not-allowed disabled:opacity-50",
        className,
      )}
    >
      {busy ? <Spinner /> : Shape && <Shape width={16} height={16} />}
      {children}
    </button>
  );
}

/** A link that looks like a button. */
export function ButtonLink({ variant, size, icon: Shape, children, className, ...rest }: LinkProps & Look & { icon?: Icon }) {
  return (
    <Link {...rest} className={cx(look({ ...(variant && { variant }), ...(size && { size }) }), className)}>
      {Shape && <Shape width={16} height={16} />}
      {children}
    </Link>
  );
}

export interface IconButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "children"> {
  icon: Icon;
  /** What it does; read aloud and shown on hover. */
  label: string;
  /** The key that does the same, for the tooltip. */
  keys?: string;
  /** For one that switches something: whether it is on. */
  pressed?: boolean;
  size?: Size;
  ref?: Ref<HTMLButtonElement>;
}

export function IconButton({ icon: Shape, label, keys, pressed, size = "sm", className, ...rest }: IconButtonProps) {
  return (
    <Tooltip text={label} {...(keys !== undefined && { keys })}>
      <button
        type="button"
        aria-label={label}
        aria-pressed={pressed}
        {...rest}
        className={cx(
          "inline-grid shrink-0 place-items-center rounded-md text-ink-soft transition-colors hover:bg-sunken hover:text-ink",
          "aria-pressed:bg-accent-soft aria-pressed:text-accent disabled:pointer-events-none disabled:opacity-40",
          size === "sm" ? "size-8" : "size-10",
          className,
        )}
      >
        <Shape width={size === "sm" ? 18 : 20} height={size === "sm" ? 18 : 20} />
      </button>
    </Tooltip>
  );
}

export function Spinner({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 16 16" width={16} height={16} aria-hidden="true" className={cx("spin", className)}>
      <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth={2} opacity={0.25} />
      <path d="M14 8a6 6 0 0 0-6-6" fill="none" stroke="currentColor" strokeWidth={2} strokeLinecap="round" />
    </svg>
  );
}
