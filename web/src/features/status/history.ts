/** What was polled in the last minutes, and the rates that follow from it; pure. */
import type { InstallationStatus } from "@/gen/argus/installation/v1/installation_pb.js";
import { toDate } from "@/lib/time";

/** One answer: when (ms, the server's clock), how much waits in each queue, and each counter's total. */
export interface Sample {
  at: number;
  depths: Readonly<Record<string, number>>;
  totals: Readonly<Record<string, number>>;
}

/** Three minutes at one answer in three seconds. */
export const MOST_SAMPLES = 60;

export function sampleOf(status: InstallationStatus): Sample {
  return {
    at: toDate(status.serverTime)?.getTime() ?? 0,
    depths: Object.fromEntries(status.queues.map(({ name, waiting, running }) => [name, Number(waiting + running)])),
    totals: Object.fromEntries(status.counters.map(({ name, value }) => [name, Number(value)])),
  };
}

/** Adds an answer; one that is not newer than the last is left out, and after a clock set back it begins anew. */
export function withSample(samples: readonly Sample[], sample: Sample): readonly Sample[] {
  const last = samples.at(-1);
  if (sample.at === last?.at) return samples;
  if (last && sample.at < last.at) return [sample];
  return [...samples, sample].slice(-MOST_SAMPLES);
}

/** Depths of a queue, oldest first; undefined where an answer left it out. */
export function depthsOf(samples: readonly Sample[], queue: string): (number | undefined)[] {
  return samples.map(({ depths }) => depths[queue]);
}

/** How much of a counter there was a minute, over the time that was watched; undefined with fewer than two answers. */
export function ratePerMinute(samples: readonly Sample[], counter: string): number | undefined {
  const known = samples.filter(({ totals }) => totals[counter] !== undefined);
  const [first, last] = [known[0], known.at(-1)];
  if (!first || !last || last.at <= first.at) return undefined;
  let grown = 0;
  for (const [index, { totals }] of known.entries()) {
    const before = known[index - 1]?.totals[counter];
    // A total that fell began at 0 again.
    const now = totals[counter] ?? 0;
    if (before !== undefined) grown += now >= before ? now - before : now;
  }
  return (grown / (last.at - first.at)) * 60_000;
}

/** Rates between one answer and the next, a minute; for a small curve. */
export function ratesOf(samples: readonly Sample[], counter: string): (number | undefined)[] {
  return samples.slice(1).map((sample, index) => {
    const before = samples[index];
    return before && ratePerMinute([before, sample], counter);
  });
}
