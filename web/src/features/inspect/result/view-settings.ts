/** How results are shown: kept in this browser, the same for all results. */
import { useSyncExternalStore } from "react";

export interface ViewSettings {
  readonly heat: boolean;
  readonly regions: boolean;
  /** 0.1 to 1. */
  readonly opacity: number;
}

const KEY = "argus.inspect.view";
const DEFAULTS: ViewSettings = { heat: true, regions: true, opacity: 0.6 };
const listeners = new Set<() => void>();
let settings: ViewSettings | undefined;

export function getViewSettings(): ViewSettings {
  return (settings ??= read());
}

export function changeViewSettings(changes: Partial<ViewSettings>): void {
  const next = { ...getViewSettings(), ...changes };
  settings = { ...next, opacity: clampedOpacity(next.opacity) };
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // Full or forbidden: they hold until the page is closed.
  }
  for (const listener of listeners) listener();
}

export function useViewSettings(): ViewSettings {
  return useSyncExternalStore(subscribe, getViewSettings);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function read(): ViewSettings {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    if (typeof kept !== "object" || kept === null) return DEFAULTS;
    const { heat, regions, opacity } = kept as Record<string, unknown>;
    return {
      heat: typeof heat === "boolean" ? heat : DEFAULTS.heat,
      regions: typeof regions === "boolean" ? regions : DEFAULTS.regions,
      opacity: typeof opacity === "number" ? clampedOpacity(opacity) : DEFAULTS.opacity,
    };
  } catch {
    return DEFAULTS;
  }
}

const clampedOpacity = (opacity: number): number => Math.round(Math.min(1, Math.max(0.1, opacity)) * 20) / 20;
