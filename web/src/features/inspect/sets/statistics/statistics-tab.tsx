/** How well verdicts agree with people: in all, by version, by day; and whether scores have drifted. */
import { useQuery } from "@connectrpc/connect-query";
import { useMemo } from "react";
import { useSearchParams } from "react-router";

import { type GetStatsResponse, InspectionService, type StatsRow } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { countOf, formatCount, formatScore } from "@/lib/numbers";
import { formatConfidence, formatShare, type Share, shareOf, UNKNOWN } from "@/lib/shares";
import { ButtonLink } from "@/ui/button";
import { CheckIcon, InfoIcon, StatusIcon, WarningIcon } from "@/ui/icons";
import { Select } from "@/ui/field";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";
import { Wide } from "@/ui/wide";

import { groupedBy, judgedIn, ratesOf, ratesOfAgreement, tallyOf } from "../agreement";
import { Figure, Figures } from "../figures";
import { IntervalBar } from "../interval-bar";
import { useSet } from "../set-context";
import { DayPlots } from "./day-plots";
import { daysOf } from "./days";
import { driftWords } from "./drift-words";

export function StatisticsTab() {
  const { set, owned } = useSet();
  const [search, setSearch] = useSearchParams();
  const version = Number(search.get("version") ?? 0) || 0;
  const { referenceSetId } = set;
  const all = useQuery(InspectionService.method.getStats, { referenceSetId });
  const one = useQuery(InspectionService.method.getStats, { referenceSetId, version }, { enabled: version > 0 });
  const query = version > 0 ? one : all;
  const stats = query.data;
  const versions = useMemo(() => [...new Set(all.data?.rows.map((row) => row.version) ?? [])].sort((a, b) => b - a), [all.data]);
  const days = useMemo(() => daysOf(stats?.rows ?? []), [stats]);

  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (!stats) {
    return (
      <div role="status" aria-label="Loading statistics" className="flex flex-col gap-4">
        <Skeleton className="h-20" />
        <div className="grid gap-4 sm:grid-cols-3">
          <Skeleton className="h-32" />
          <Skeleton className="h-32" />
          <Skeleton className="h-32" />
        </div>
      </div>
    );
  }
  if (stats.inspected === 0n && version === 0) {
    return (
      <EmptyState
        icon={StatusIcon}
        title="Nothing was inspected yet"
        actions={set.currentVersion > 0 && <ButtonLink size="md" variant="primary" to={`/inspect/run?set=${referenceSetId}`}>Inspect images</ButtonLink>}
      >
        {owned ? "Figures appear with the first inspection." : "You see figures of your own inspections here, once there are some."}
      </EmptyState>
    );
  }
  const rates = ratesOfAgreement(stats.agreement);
  const judged = Number(stats.judged);
  return (
    <div className="flex max-w-280 flex-col gap-8">
      <div className="flex flex-wrap items-end justify-between gap-4">
        <Figures className="sm:grid-cols-4 sm:gap-x-10">
          <Figure name="Inspected">{formatCount(stats.inspected)}</Figure>
          <Figure name="Called anomalous" note={alarmNote(stats)}>{formatCount(stats.anomalous)}</Figure>
          <Figure name="Judged by people" note={shareNote(judged, Number(stats.inspected))}>{formatCount(judged)}</Figure>
          <Figure name="Area under the ROC curve" note={version === 0 && versions.length > 1 ? "known of one version at a time" : "1 is perfect, 0.5 is chance"}>
            {stats.agreement?.auroc === undefined ? UNKNOWN : formatScore(stats.agreement.auroc)}
          </Figure>
        </Figures>
        {versions.length > 1 && (
          <div className="w-52">
            <Select
              label="Version"
              size="sm"
              value={String(version)}
              options={[
                { value: "0", label: "All versions" },
                ...versions.map((each) => ({ value: String(each), label: `Version ${each}${each === set.currentVersion ? ", in use" : ""}` })),
              ]}
              onChange={(value) => setSearch(value === "0" ? {} : { version: value }, { replace: true })}
            />
          </div>
        )}
      </div>

      <section aria-labelledby="agreement" className="flex flex-col gap-3">
        <h2 id="agreement" className="text-lg font-semibold">Agreement with people</h2>
        <div className="grid gap-4 sm:grid-cols-3">
          <RateCard name="Precision" means="were defects" share={rates.precision} of={counted(stats.agreement?.truePositives, stats.agreement?.falsePositives)} unit="alarm" />
          <RateCard name="Recall" means="were found" share={rates.recall} of={counted(stats.agreement?.truePositives, stats.agreement?.falseNegatives)} unit="defect" />
          <RateCard name="False-alarm rate" means="were called anomalous" share={rates.falseAlarmRate} of={counted(stats.agreement?.falsePositives, stats.agreement?.trueNegatives)} unit="normal image" />
        </div>
        {judged === 0 ? (
          <p className="flex flex-wrap items-center gap-3 text-sm text-ink-soft">
            Nobody has judged these inspections yet, so there is nothing to compare verdicts with.
            <ButtonLink to={`/inspect/review?set=${referenceSetId}`}>Review inspections</ButtonLink>
          </p>
        ) : (
          <p className="max-w-160 text-sm text-pretty text-ink-soft">
            If people look only at what was called anomalous, missed defects are never judged and recall looks better than it is. Judge what the
            review queue shows, and now and then a random handful of passed parts.
          </p>
        )}
      </section>

      <DriftNote drift={(all.data ?? stats).drift.find((each) => each.referenceSetId === referenceSetId)} />
      {days.length > 0 && <DayPlots days={days} />}
      {version === 0 && versions.length > 0 && <ByVersion rows={stats.rows} current={set.currentVersion} />}
      {!owned && <p className="text-sm text-ink-faint">These are your own inspections; the owner of the set sees all.</p>}
    </div>
  );
}

const counted = (right: number | undefined, wrong: number | undefined): [number, number] => [right ?? 0, (right ?? 0) + (wrong ?? 0)];

/** Frames that could not be inspected are alarms like any other, and are told apart. */
function alarmNote({ anomalous, inspected, uninspectable }: GetStatsResponse): string | undefined {
  const note = shareNote(Number(anomalous), Number(inspected));
  return uninspectable > 0n ? `${note}, ${formatCount(uninspectable)} of them uninspectable` : note;
}

function shareNote(count: number, total: number): string | undefined {
  const share = shareOf(count, total);
  return share && `${formatShare(share.value)} of all`;
}

function RateCard({ name, means, share, of: [count, total], unit }: { name: string; means: string; share: Share | undefined; of: [number, number]; unit: string }) {
  return (
    <div className="flex flex-col gap-1 rounded-lg border border-line bg-surface p-4">
      <h3 className="text-sm font-medium text-ink-soft">{name}</h3>
      <p className="text-2xl font-semibold tabular-nums">{share ? formatShare(share.value) : UNKNOWN}</p>
      <IntervalBar share={share} />
      <p className="text-sm text-ink-soft tabular-nums">{share ? formatConfidence(share) : "Not known"}</p>
      <p className="text-sm text-ink-faint">{share ? `${formatCount(count)} of ${countOf(total, unit)} ${means}` : `No ${unit} among what was judged`}</p>
    </div>
  );
}

function DriftNote({ drift }: { drift: Parameters<typeof driftWords>[0] }) {
  const words = driftWords(drift);
  const Shape = { normal: CheckIcon, warning: WarningIcon, neutral: InfoIcon }[words.tone];
  return (
    <section aria-labelledby="drift" className="flex flex-col gap-2">
      <h2 id="drift" className="text-lg font-semibold">Drift</h2>
      <div
        role={words.tone === "warning" ? "alert" : undefined}
        className={
          words.tone === "warning" ? "flex gap-3 rounded-lg bg-warning-soft p-4 text-warning" : "flex gap-3 rounded-lg border border-line bg-surface p-4"
        }
      >
        <Shape className={words.tone === "normal" ? "shrink-0 text-normal" : words.tone === "neutral" ? "shrink-0 text-ink-faint" : "shrink-0"} />
        <div className="flex max-w-160 flex-col gap-1">
          <h3 className="font-medium">{words.title}</h3>
          <p className={words.tone === "warning" ? "text-sm" : "text-sm text-ink-soft"}>{words.message}</p>
          {words.figures && <p className={words.tone === "warning" ? "text-sm" : "text-sm text-ink-faint"}>{words.figures}</p>}
        </div>
      </div>
    </section>
  );
}

function ByVersion({ rows, current }: { rows: readonly StatsRow[]; current: number }) {
  const groups = groupedBy(rows, (row) => row.version).sort(([a], [b]) => b - a);
  return (
    <section aria-labelledby="by-version" className="flex flex-col gap-2">
      <h2 id="by-version" className="text-lg font-semibold">By version</h2>
      <Wide label="Figures" className="rounded-lg border border-line bg-surface">
        <table className="w-full min-w-180 text-sm tabular-nums">
          <thead>
            <tr className="text-left text-ink-soft">
              {["Version", "Inspected", "Anomalous", "Judged", "Precision", "Recall", "False alarms"].map((name) => (
                <th key={name} scope="col" className="px-4 py-2 font-medium">{name}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {groups.map(([version, some]) => {
              const tally = tallyOf(some);
              const rates = ratesOf(tally);
              return (
                <tr key={version} className="border-t border-line align-top">
                  <th scope="row" className="px-4 py-2 text-left font-medium whitespace-nowrap">
                    {version}
                    {version === current && <span className="font-normal text-ink-faint">, in use</span>}
                  </th>
                  {[tally.inspected, tally.anomalous, judgedIn(tally)].map((count, index) => <td key={index} className="px-4 py-2">{formatCount(count)}</td>)}
                  {[rates.precision, rates.recall, rates.falseAlarmRate].map((rate, index) => (
                    <td key={index} className="w-1/6 px-4 py-2">
                      {rate ? formatShare(rate.value) : UNKNOWN}
                      <IntervalBar share={rate} />
                      {rate && <span className="text-xs text-ink-soft">{formatConfidence(rate)}</span>}
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </Wide>
    </section>
  );
}
