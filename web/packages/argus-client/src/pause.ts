/** Waits; an abort ends the wait at once, and is no error. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}

/** A call, so that the answer may differ after each await. */
export const isAborted = (signal: AbortSignal): boolean => signal.aborted;
