/** The eye, and the name beside it. */
import { cx } from "./cx";

export function EyeMark({ size = 24, className }: { size?: number; className?: string }) {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden="true" className={cx("text-accent", className)}>
      <path
        d="M2.5 16C6 9.2 10.6 6 16 6s10 3.2 13.5 10C26 22.8 21.4 26 16 26S6 22.8 2.5 16Z"
        fill="none"
        stroke="currentColor"
        strokeWidth={2.5}
        strokeLinejoin="round"
      />
      <circle cx="16" cy="16" r="5" fill="currentColor" />
    </svg>
  );
}

export function Wordmark({ className }: { className?: string }) {
  return (
    <span className={cx("inline-flex items-center gap-2 text-lg font-semibold tracking-tight", className)}>
      <EyeMark size={28} />
      Argus
    </span>
  );
}
