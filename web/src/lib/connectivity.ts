/**
 * Whether the server can be reached. Calls tell of it as they go; while it cannot be, the page asks again
 * by itself, so that what failed can be loaded when it is back.
 */
import { type Interceptor } from "@connectrpc/connect";

import { explain } from "./errors";

export type Connectivity = "online" | "offline" | "unreachable";

const PROBE_MS = 4000;
const listeners = new Set<() => void>();
let unreachable = false;
let probe: ReturnType<typeof setTimeout> | undefined;

export function getConnectivity(): Connectivity {
  if (!navigator.onLine) return "offline";
  return unreachable ? "unreachable" : "online";
}

export function subscribeConnectivity(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener("online", listener);
  addEventListener("offline", listener);
  return () => {
    listeners.delete(listener);
    removeEventListener("online", listener);
    removeEventListener("offline", listener);
  };
}

/** Learns from each call. */
export const noteConnection: Interceptor = (next) => async (request) => {
  try {
    const response = await next(request);
    note(false);
    return response;
  } catch (error) {
    if (!request.signal.aborted) note(explain(error).kind === "offline");
    throw error;
  }
};

function note(failed: boolean): void {
  if (failed) probe ??= setTimeout(() => void ask(), PROBE_MS);
  if (failed === unreachable) return;
  unreachable = failed;
  for (const listener of listeners) listener();
}

async function ask(): Promise<void> {
  probe = undefined;
  try {
    await fetch("/", { headers: { accept: "application/json" }, cache: "no-store" });
    note(false);
  } catch {
    note(true);
  }
}
