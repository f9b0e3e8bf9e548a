/** What a threshold finds of painted defects by size, with intervals; beside it what the present one finds. */
import type { SensitivitySummary } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { formatConfidence, formatShare, type Share, UNKNOWN } from "@/lib/shares";
import { cx } from "@/ui/cx";
import { WarningIcon } from "@/ui/icons";
import { Wide } from "@/ui/wide";

import { IntervalBar } from "./interval-bar";

interface FoundBySizeProps {
  now: SensitivitySummary;
  /** With another threshold; undefined if nothing was moved. */
  then?: SensitivitySummary | undefined;
  /** Whether `then` is of another threshold than the chosen one still. */
  stale?: boolean;
}

export function FoundBySize({ now, then, stale = false }: FoundBySizeProps) {
  const columns = [{ name: "Now", summary: now }, ...(then ? [{ name: "With this threshold", summary: then }] : [])];
  const lines = [
    ...now.sizes.map(({ sizePx }, index) => ({ name: `${sizePx} px`, of: (summary: SensitivitySummary) => summary.sizes[index] })),
    { name: "All sizes", of: (summary: SensitivitySummary) => summary },
  ];
  return (
    <Wide label="Painted defects found">
      <table className={cx("w-full text-sm tabular-nums transition-opacity", stale && "opacity-60")}>
        <caption className="pb-1 text-left font-medium text-ink">Painted defects found, by size</caption>
        <thead>
          <tr className="text-left text-ink-soft">
            <th scope="col" className="font-normal"><span className="sr-only">Size</span></th>
            {columns.map(({ name }) => <th key={name} scope="col" className="py-1 pr-4 font-medium">{columns.length > 1 ? name : <span className="sr-only">{name}</span>}</th>)}
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={line.name} className="border-t border-line align-top">
              <th scope="row" className="w-24 py-2 pr-4 text-left font-normal whitespace-nowrap">{line.name}</th>
              {columns.map(({ name, summary }) => <ShareCell key={name} of={line.of(summary)} />)}
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  );
}

function ShareCell({ of: found }: { of: { found: number; painted: number; share?: Share | undefined; clearShare?: Share | undefined } | undefined }) {
  if (!found?.share) return <td className="py-2 pr-4">{UNKNOWN}</td>;
  return (
    <td className="py-2 pr-4">
      <span className="font-medium">{formatShare(found.share.value)}</span>
      <span className="ml-2 text-xs text-ink-soft">
        {found.found} of {found.painted}, {formatConfidence(found.share)}
        {found.clearShare && `; of clear ones ${formatShare(found.clearShare.value)}`}
      </span>
      <IntervalBar share={found.share} />
    </td>
  );
}

/** Says of a threshold that finds almost nothing that it is useless. */
export function UselessWarning({ summary }: { summary: SensitivitySummary | undefined }) {
  if (!summary?.findsAlmostNothing) return null;
  return (
    <p role="note" className="flex items-start gap-2 rounded-md bg-warning-soft px-3 py-2 text-sm text-warning">
      <WarningIcon width={16} height={16} className="mt-0.5 shrink-0" />
      {uselessWords(summary)}
    </p>
  );
}

export const uselessWords = (summary: SensitivitySummary): string =>
  `Useless as far as painted defects tell: the threshold finds ${summary.found} of ${summary.painted} of them, and misses most of the largest and clearest.`;
