/** Tries again what may pass: parts that are down, too much at once, no network. */
import { Code } from "@connectrpc/connect";

import { factsOf, HttpError } from "./facts.js";
import { isAborted, pause } from "./pause.js";

export interface RetryOptions {
  /** How often it is tried in all; 5 unless told. */
  attempts?: number;
  signal?: AbortSignal;
  /** Resolves after so many milliseconds, or at once when the signal aborts. */
  pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/** Whether the same call may succeed later. */
export function mayPass(error: unknown): boolean {
  if (error instanceof HttpError) return error.status === 0 || error.status === 429 || error.status >= 500;
  const { code, reason } = factsOf(error);
  if (code === Code.Unavailable || code === Code.DeadlineExceeded) return true;
  // Quotas are spent, rates are not.
  if (code === Code.ResourceExhausted) return factsOf(error).retryAfterMs > 0 || reason === "OVERLOADED";
  return reason === "" && causedByNetwork(error);
}

/**
 * Makes a call until it succeeds, fails for good, or was tried often enough; then rejects as the last one did.
 * Only for calls that may be made twice: reads, and those with a `requestId`.
 */
export async function retrying<T>(call: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { attempts = 5, signal = new AbortController().signal, pause: wait = pause } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (attempt >= attempts || isAborted(signal) || !mayPass(error)) throw error;
      const told = error instanceof HttpError ? 0 : factsOf(error).retryAfterMs;
      await wait(told || Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2), signal);
      if (isAborted(signal)) throw error;
    }
  }
}

/** `fetch` fails with a TypeError, which connect gives as the cause. */
function causedByNetwork(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof Error && error.cause instanceof TypeError);
}
