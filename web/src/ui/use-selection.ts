/** A view's selection. With a name it outlives the view, for instance while an image is looked at. */
import { useCallback, useEffect, useSyncExternalStore, useState } from "react";

import { EMPTY_SELECTION, type Selection } from "@/lib/selection";

export interface SelectionControl {
  readonly selection: Selection;
  /** Replaces it: `change((now) => selectAll(now, order))`. */
  change(update: (now: Selection) => Selection): void;
}

/** Whether a page shows an item; undefined if it does not know. */
export type IsShown = (id: string) => boolean | undefined;

class SelectionStore {
  private selection = EMPTY_SELECTION;
  private shown: IsShown | undefined;
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
    this.tell();
  };
  readonly getShown = (): IsShown | undefined => this.shown;
  readonly setShown = (shown: IsShown | undefined): void => {
    if (shown === this.shown) return;
    this.shown = shown;
    this.tell();
  };
  private tell(): void {
    for (const listener of this.listeners) listener();
  }
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

/** A page says which items it shows, so that a tray can tell that others are selected as well. Memoise `isShown`. */
export function useShowing(name: string, isShown: IsShown): void {
  const { setShown } = storeNamed(name);
  useEffect(() => {
    setShown(isShown);
    return () => setShown(undefined);
  }, [setShown, isShown]);
}

/** How many of the selected the page does not show; 0 where that is not known. */
export function useHiddenCount(name: string): number {
  const store = storeNamed(name);
  const { ids } = useSyncExternalStore(store.subscribe, store.get);
  const isShown = useSyncExternalStore(store.subscribe, store.getShown);
  if (!isShown) return 0;
  let hidden = 0;
  for (const id of ids) if (isShown(id) === false) hidden += 1;
  return hidden;
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
