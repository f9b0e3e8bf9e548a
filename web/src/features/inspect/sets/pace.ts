/** How long something that counts will still take, from how it counted so far. Pure. */

export interface Pace {
  readonly stage: string;
  /** When counting began to be seen, milliseconds, and what had been done by then. */
  readonly since: number;
  readonly doneThen: number;
  readonly now: number;
  readonly done: number;
  readonly total: number;
}

/** Before so much was seen, a guess would jump. */
const LEAST_MS = 2000;
const LEAST_SHARE = 0.05;

/** Takes in what was counted; another stage, or a count that fell, begins anew. */
export function paced(pace: Pace | undefined, stage: string, done: number, total: number, now: number): Pace {
  if (pace?.stage !== stage || pace.total !== total || done < pace.done) {
    return { stage, since: now, doneThen: done, now, done, total };
  }
  return { ...pace, now, done };
}

/** Milliseconds until this stage has counted to its end; undefined as long as that cannot be told. */
export function timeLeft({ since, doneThen, now, done, total }: Pace): number | undefined {
  const seen = done - doneThen;
  if (total <= 0 || now - since < LEAST_MS || seen / total < LEAST_SHARE) return undefined;
  return ((now - since) / seen) * (total - done);
}

/** `about 2 min left`; coarse, so that it does not flicker. */
export function formatTimeLeft(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 10) return "a few seconds left";
  if (seconds < 55) return `about ${Math.ceil(seconds / 10) * 10} s left`;
  return `about ${Math.max(1, Math.round(seconds / 60))} min left`;
}
