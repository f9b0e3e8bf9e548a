/** Short messages that go by themselves; with an action, mostly Undo, they stay longer. */
import { useEffect, useState, useSyncExternalStore } from "react";

import { Button, IconButton } from "./button";
import { CheckIcon, CloseIcon, InfoIcon, WarningIcon } from "./icons";

export interface ToastOptions {
  tone?: "info" | "success" | "error";
  /** One button; pressing it takes the toast away. */
  action?: { label: string; run: () => void };
  /** How long it stays: 4 s, 8 s with an action or for an error. It stays while the pointer is on it. */
  durationMs?: number;
  /** A toast of the same key takes its place. */
  key?: string;
}

interface Toast extends ToastOptions {
  id: number;
  text: string;
}

const MOST = 3;
let toasts: readonly Toast[] = [];
let made = 0;
const listeners = new Set<() => void>();

/** Shows a message; the function takes it away again. */
export function toast(text: string, options: ToastOptions = {}): () => void {
  made += 1;
  const one: Toast = { id: made, text, ...options };
  const others = toasts.filter((each) => options.key === undefined || each.key !== options.key);
  publish([...others, one].slice(-MOST));
  return () => dismiss(one.id);
}

/** Takes all away, for instance when somebody signs out. */
export const clearToasts = (): void => publish([]);

function dismiss(id: number): void {
  publish(toasts.filter((each) => each.id !== id));
}

function publish(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Where they appear; once, in the shell. A page with a bar at its end says its height in `--above-bar` (`useBarHeight`). */
export function Toaster() {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <div
      role="status"
      aria-live="polite"
      className="pointer-events-none fixed inset-x-4 bottom-[calc(5rem+var(--above-bar,0px))] z-50 flex flex-col items-center gap-2 sm:bottom-[calc(1.5rem+var(--above-bar,0px))]"
    >
      {shown.map((each) => (
        <ToastBox key={each.id} toast={each} />
      ))}
    </div>
  );
}

const TONES = { info: InfoIcon, success: CheckIcon, error: WarningIcon };

function ToastBox({ toast: { id, text, tone = "info", action, durationMs } }: { toast: Toast }) {
  const [held, setHeld] = useState(false);
  const stay = durationMs ?? (action || tone === "error" ? 8000 : 4000);
  useEffect(() => {
    if (held) return undefined;
    const timer = setTimeout(() => dismiss(id), stay);
    return () => clearTimeout(timer);
  }, [held, id, stay]);
  const Shape = TONES[tone];
  return (
    // Holding it is a help for the pointer; nothing depends on it.
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions
    <div
      className="appear pointer-events-auto flex max-w-full items-center gap-3 rounded-md bg-raised py-1.5 pr-1.5 pl-4 text-sm text-ink shadow-pop"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <Shape
        width={18}
        height={18}
        className={`shrink-0 ${{ info: "text-ink-faint", success: "text-normal", error: "text-anomalous" }[tone]}`}
      />
      <span className="min-w-0 py-1 text-pretty">{text}</span>
      {action && (
        <Button
          variant="link"
          onClick={() => {
            dismiss(id);
            action.run();
          }}
        >
          {action.label}
        </Button>
      )}
      <IconButton icon={CloseIcon} label="Dismiss" onClick={() => dismiss(id)} />
    </div>
  );
}
