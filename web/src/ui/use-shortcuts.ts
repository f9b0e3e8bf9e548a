/** Registers a component's shortcuts while it is mounted. */
import { useEffect, useRef } from "react";

import { keyRegistry, type ScopeOptions, type Shortcut } from "@/lib/keys";

/**
 * Opens a scope with these shortcuts. What they do may change at each render; their keys may too.
 * With `enabled: false` nothing is registered.
 */
export function useShortcuts(
  scope: ScopeOptions & { enabled?: boolean },
  shortcuts: readonly Shortcut[],
): void {
  const { title, exclusive = false, enabled = true } = scope;
  const latest = useRef(shortcuts);
  useEffect(() => {
    latest.current = shortcuts;
  });
  // The scope is opened anew only if what it lists changes, so that it keeps its place.
  const listed = JSON.stringify(shortcuts.map(({ run: _, ...rest }) => rest));
  useEffect(() => {
    if (!enabled) return undefined;
    const fixed = (JSON.parse(listed) as Omit<Shortcut, "run">[]).map((shortcut) => ({
      ...shortcut,
      run: (event: KeyboardEvent) => latest.current.find((each) => each.keys === shortcut.keys)?.run(event),
    }));
    return keyRegistry.open({ title, exclusive }, fixed);
  }, [title, exclusive, enabled, listed]);
}
