/** The sections of the status page. */
import type { ReactNode } from "react";

import type { Model } from "@/gen/argus/embedder/v1/embedder_pb.js";
import { type Counter, type Part, Part_State as State, type Queue } from "@/gen/argus/installation/v1/installation_pb.js";
import { formatBytes, formatCount } from "@/lib/numbers";
import { formatDuration } from "@/lib/time";
import { Chip } from "@/ui/chip";
import { cx } from "@/ui/cx";
import { CheckIcon, WarningIcon } from "@/ui/icons";

import { durationMs } from "./durations";
import { depthsOf, MOST_SAMPLES, ratePerMinute, ratesOf, type Sample } from "./history";
import { Sparkline } from "./sparkline";
import { counterWords, inOrder, modelDoes, named, partDoes, partState, queueWords, residencyWords } from "./words";

export function Section({ title, hint, children }: { title: string; hint?: string; children: ReactNode }) {
  const id = `status-${title.toLowerCase().replaceAll(" ", "-")}`;
  return (
    <section aria-labelledby={id} className="flex min-w-0 flex-col gap-3">
      <div>
        <h2 id={id} className="text-lg font-semibold">
          {title}
        </h2>
        {hint && <p className="text-sm text-ink-faint">{hint}</p>}
      </div>
      {children}
    </section>
  );
}

const BOX = "overflow-hidden rounded-lg bg-surface ring-1 ring-line";
const ROW = "flex min-h-14 items-center gap-x-4 gap-y-1 border-b border-line px-4 py-2 last:border-0";

export function Parts({ parts }: { parts: readonly Part[] }) {
  return (
    <ul aria-label="Parts" className={BOX}>
      {parts.map((part) => {
        const { label, tone } = partState(part.state);
        const took = durationMs(part.checkDuration);
        return (
          <li key={part.name} className={ROW}>
            <div className="min-w-0 flex-1">
              <h3 className="text-sm font-medium">{named(part.name)}</h3>
              <p className="text-sm text-pretty text-ink-soft">{part.message || partDoes(part.name)}</p>
            </div>
            {took !== undefined && part.state !== State.UNREACHABLE && (
              <span className="shrink-0 text-xs text-ink-faint tabular-nums max-sm:hidden">{formatDuration(took)}</span>
            )}
            <span className="shrink-0">
              <Chip tone={tone} icon={part.state === State.SERVING ? CheckIcon : WarningIcon}>
                {label}
              </Chip>
            </span>
          </li>
        );
      })}
    </ul>
  );
}

export function Queues({ queues, samples }: { queues: readonly Queue[]; samples: readonly Sample[] }) {
  if (queues.length === 0) return <p className="text-sm text-ink-soft">The queues cannot be read right now.</p>;
  return (
    <ul aria-label="Queues" className={BOX}>
      {queues.map((queue) => {
        const { title, what } = queueWords(queue.name);
        const age = durationMs(queue.oldestAge);
        const idle = queue.waiting === 0n && queue.running === 0n;
        return (
          <li key={queue.name} className={cx(ROW, "flex-wrap")}>
            <div className="min-w-48 flex-1">
              <h3 className="text-sm font-medium">{title}</h3>
              <p className="text-sm text-ink-soft">{what}</p>
            </div>
            <Sparkline values={depthsOf(samples, queue.name)} most={MOST_SAMPLES} />
            <p className="w-36 text-right text-sm tabular-nums">
              {idle ? (
                <span className="text-ink-faint">Nothing waits</span>
              ) : (
                <>
                  {formatCount(queue.waiting)} waiting, {formatCount(queue.running)} running
                  {age !== undefined && <span className="block text-xs text-ink-faint">oldest {formatDuration(age)}</span>}
                </>
              )}
            </p>
          </li>
        );
      })}
    </ul>
  );
}

export function Counters({ counters, samples }: { counters: readonly Counter[]; samples: readonly Sample[] }) {
  return (
    <ul aria-label="Rates" className={BOX}>
      {inOrder(counters).map(({ name, value }) => {
        const { title, what } = counterWords(name);
        const rate = ratePerMinute(samples, name);
        return (
          <li key={name} className={cx(ROW, "flex-wrap")}>
            <div className="min-w-48 flex-1">
              <h3 className="text-sm font-medium">{title}</h3>
              <p className="text-sm text-ink-soft">{what}</p>
            </div>
            <Sparkline values={ratesOf(samples, name)} most={MOST_SAMPLES - 1} />
            <p className="w-36 text-right text-sm tabular-nums">
              {formatCount(value)}
              <span className="block text-xs text-ink-faint">{rate === undefined ? "–" : `${formatRate(rate)} a minute`}</span>
            </p>
          </li>
        );
      })}
    </ul>
  );
}

function formatRate(rate: number): string {
  return new Intl.NumberFormat(undefined, { maximumFractionDigits: rate >= 10 ? 0 : 1 }).format(rate);
}

export function Models({ models }: { models: readonly Model[] }) {
  if (models.length === 0) return <p className="text-sm text-ink-soft">The models cannot be asked right now.</p>;
  return (
    <ul aria-label="Models" className={BOX}>
      {models.map((model) => {
        const { label, tone } = residencyWords(model.residency);
        return (
          <li key={model.model} className={cx(ROW, "flex-wrap")}>
            <div className="min-w-48 flex-1">
              <h3 className="flex flex-wrap items-center gap-2 text-sm font-medium">
                <span className="font-mono break-all">{model.model}</span>
                {model.default && <Chip>default</Chip>}
              </h3>
              <p className="text-sm text-ink-soft">
                {[modelDoes(model), `${formatCount(model.dimension)} dimensions`, model.runtime].filter(Boolean).join(" · ")}
              </p>
              {model.runtimeReason && (
                <details className="text-xs text-ink-faint">
                  <summary className="w-fit rounded-sm hover:text-ink">Why this runtime</summary>
                  <p className="text-pretty">{model.runtimeReason}</p>
                </details>
              )}
            </div>
            <span className="text-sm text-ink-soft tabular-nums">{formatBytes(model.memoryBytes)}</span>
            <Chip tone={tone}>{label}</Chip>
          </li>
        );
      })}
    </ul>
  );
}
