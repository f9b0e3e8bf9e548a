/** What a view shows when there is nothing, not yet anything, or something went wrong. */
import type { ReactNode } from "react";

import { explain } from "@/lib/errors";

import { Button } from "./button";
import { cx } from "./cx";
import { type Icon, RetryIcon, WarningIcon } from "./icons";

export function EmptyState({
  icon: Shape,
  title,
  heading: Heading = "h2",
  children,
  actions,
}: {
  icon?: Icon;
  title: string;
  /** `h1` where it is all that the page has. */
  heading?: "h1" | "h2";
  /** One sentence: why it is empty, what to do. */
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className="m-auto flex max-w-96 flex-col items-center gap-3 p-8 text-center">
      {Shape && <Shape width={32} height={32} strokeWidth={1.25} className="text-ink-faint" />}
      <Heading className="text-lg font-semibold">{title}</Heading>
      {children && <p className="text-base text-pretty text-ink-soft">{children}</p>}
      {actions && <div className="flex flex-wrap justify-center gap-2 pt-2">{actions}</div>}
    </div>
  );
}

/** An error in place of what could not be loaded. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const problem = explain(error);
  if (problem.kind === "cancelled") return null;
  return (
    <div role="alert" className="m-auto flex max-w-96 flex-col items-center gap-3 p-8 text-center">
      <WarningIcon width={32} height={32} strokeWidth={1.25} className="text-warning" />
      <h2 className="text-lg font-semibold">{problem.title}</h2>
      <p className="text-base text-pretty text-ink-soft">{problem.message}</p>
      {onRetry && problem.retryable && (
        <Button icon={RetryIcon} onClick={onRetry} className="mt-2">
          Try again
        </Button>
      )}
    </div>
  );
}

/** An error in one line, beside what went on showing or in a form. */
export function ErrorNote({ error }: { error: unknown }) {
  if (!error) return null;
  const problem = explain(error);
  if (problem.kind === "cancelled") return null;
  return (
    <p role="alert" className="flex items-start gap-2 rounded-md bg-anomalous-soft px-3 py-2 text-sm text-anomalous">
      <WarningIcon width={16} height={16} className="mt-0.5 shrink-0" />
      {problem.message}
    </p>
  );
}

/** Stands where content will be, of its size, so that nothing moves when it comes. */
export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden="true" className={cx("skeleton rounded-sm", className)} />;
}

/** How far something is; without a value it is under way for an unknown time. */
export function ProgressBar({ label, value, max = 1, tone = "accent" }: { label: string; value?: number; max?: number; tone?: "accent" | "warning" }) {
  const share = value === undefined || max <= 0 ? undefined : Math.min(1, Math.max(0, value / max));
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={share === undefined ? undefined : Math.round(share * 100)}
      className="h-1 w-full overflow-hidden rounded-full bg-line"
    >
      <div
        className={cx(
          "h-full rounded-full",
          tone === "accent" ? "bg-accent" : "bg-warning",
          share === undefined ? "indeterminate w-1/3" : "w-full origin-left transition-transform duration-200",
        )}
        style={share === undefined ? undefined : { transform: `scaleX(${share})` }}
      />
    </div>
  );
}
