/** A view's selection. With a name it outlives the view, for instance while an image is looked at. */
import { useCallback, useSyncExternalStore, useState } from "react";

import { EMPTY_SELECTION, type Selection } from "@/lib/selection";

export interface SelectionControl {
  readonly selection: Selection;
  /** Replaces it: `change((now) => selectAll(now, order))`. */
  change(update: (now: Selection) => Selection): void;
}

class SelectionStore {
  private selection = EMPTY_SELECTION;
  private readonly listeners = new Set<() => void>();
  readonly get = (): Selection => this.selection;
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  readonly change = (update: (now: Selection) => Selection): void => {
    const next = update(this.selection);
    if (next === this.selection) return;
    this.selection = next;
    for (const listener of this.listeners) listener();
  };
}

const named = new Map<string, SelectionStore>();

/** Two views that use the same name share one selection. */
export function useSelection(name?: string): SelectionControl {
  const [own] = useState(() => new SelectionStore());
  const store = name === undefined ? own : storeNamed(name);
  const selection = useSyncExternalStore(store.subscribe, store.get);
  const change = useCallback((update: (now: Selection) => Selection) => store.change(update), [store]);
  return { selection, change };
}

/** Empties all that outlive views, for instance when somebody signs out. */
export function forgetSelections(): void {
  for (const store of named.values()) store.change(() => EMPTY_SELECTION);
}

function storeNamed(name: string): SelectionStore {
  let store = named.get(name);
  if (!store) named.set(name, (store = new SelectionStore()));
  return store;
}
