/** Moving the line between normal and anomalous, with what that would change in view. */
import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { useId, useState } from "react";
import { Link, useSearchParams } from "react-router";

import { type GetScoreHistogramResponse, InspectionService, type PreviewThresholdResponse, type Threshold, type Version } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { countOf } from "@/lib/numbers";
import { formatShare } from "@/lib/shares";
import { Button, ButtonLink } from "@/ui/button";
import { Select, TextField } from "@/ui/field";
import { InspectIcon, WarningIcon } from "@/ui/icons";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";

import { percentText, shareTyped } from "../calibrate/calibration-form";
import { PartFigures } from "../parts/part-figures";
import { figuresOf } from "../part-words";
import { FoundBySize, UselessWarning } from "../found-by-size";
import { setPath } from "../paths";
import { NOT_YOURS, useSet } from "../set-context";
import { expectedRate, falseAlarmSentence, formatThreshold, originOf, thresholdWarnings } from "../threshold-words";
import { useDebounced } from "../use-debounced";
import { useVersions } from "../use-versions";
import { AgreementChange } from "./agreement-change";
import { type Candidate, scoreOf, scoreTyped, stepOf } from "./candidate";
import { domainOf, estimateAt } from "./score-counts";
import { ScorePlot } from "./score-plot";
import { ScoreTable } from "./score-table";
import { useSetThreshold } from "./use-set-threshold";

const BINS = 60;
const REST_MS = 200;

export function ThresholdTab() {
  const { set, owned } = useSet();
  const { query: versions } = useVersions(set);
  const [search, setSearch] = useSearchParams();
  const asked = Number(search.get("version") ?? 0);
  const number = asked > 0 ? asked : set.currentVersion;
  const histogram = useQuery(
    InspectionService.method.getScoreHistogram,
    { referenceSetId: set.referenceSetId, version: number, bins: BINS },
    { enabled: number > 0 },
  );

  if (set.currentVersion === 0) {
    return (
      <EmptyState
        icon={InspectIcon}
        title="No threshold yet"
        actions={owned && <ButtonLink size="md" variant="primary" to={setPath(set.referenceSetId, "calibrate")}>Calibrate</ButtonLink>}
      >
        A calibration chooses one for the false-alarm rate that you ask for. Then you can move it here.
      </EmptyState>
    );
  }
  const all = versions.data?.versions ?? [];
  return (
    <div className="flex max-w-280 flex-col gap-6">
      {all.length > 1 && (
        <div className="w-60">
          <Select
            label="Version"
            size="sm"
            value={String(number)}
            options={all.map(({ version }) => ({ value: String(version), label: `Version ${version}${version === set.currentVersion ? ", in use" : ""}` }))}
            onChange={(value) => setSearch(Number(value) === set.currentVersion ? {} : { version: value }, { replace: true })}
          />
        </div>
      )}
      {histogram.isPending ? (
        <Skeleton className="h-120" />
      ) : histogram.isError ? (
        <ErrorState error={histogram.error} onRetry={() => void histogram.refetch()} />
      ) : (
        <Workbench key={number} histogram={histogram.data} version={all.find((each) => each.version === number)} />
      )}
    </div>
  );
}

function Workbench({ histogram, version }: { histogram: GetScoreHistogramResponse; version: Version | undefined }) {
  const { set, owned } = useSet();
  const sliderId = useId();
  const [candidate, setCandidate] = useState<Candidate>();
  const [scoreText, setScoreText] = useState<string>();
  const [rateText, setRateText] = useState<string>();
  const present = histogram.threshold?.value ?? 0;
  const rested = useDebounced(candidate, REST_MS);
  const preview = useQuery(
    InspectionService.method.previewThreshold,
    {
      referenceSetId: set.referenceSetId,
      version: histogram.version,
      thresholds: rested?.by === "rate" ? [] : [rested?.value ?? present],
      targetFalseAlarmRates: rested?.by === "rate" ? [rested.rate] : [],
    },
    { placeholderData: keepPreviousData },
  );
  const setThreshold = useSetThreshold(set);
  const fresh = rested === candidate && !preview.isPlaceholderData && preview.data !== undefined;
  const exact = fresh ? preview.data.previews[0] : undefined;
  const chosen = scoreOf(candidate, present, candidate?.by === "rate" ? exact?.threshold?.value : undefined);
  const [low, high] = domainOf(histogram, present);
  const step = stepOf(low, high);
  const moved = candidate !== undefined && chosen !== present;

  const toScore = (value: number): void => {
    setScoreText(undefined);
    setRateText(undefined);
    setCandidate({ by: "score", value });
  };
  const back = (): void => {
    setScoreText(undefined);
    setRateText(undefined);
    setCandidate(undefined);
  };
  const shown = moved ? exact?.threshold : histogram.threshold;
  const rate = shown && expectedRate(shown);
  const rateWrong = rateText !== undefined && !isRate(shareTyped(rateText));
  const scoreWrong = scoreText !== undefined && scoreTyped(scoreText) === undefined;
  // The server refuses as much; to say so before is kinder.
  const tooLow = rate !== undefined && rate.value > 0.5;

  return (
    <div className="flex flex-col gap-6">
      <section aria-label="Scores" className="flex flex-col gap-2 rounded-lg border border-line bg-surface p-4">
        <ScorePlot histogram={histogram} present={present} candidate={chosen} onCandidate={toScore}>
          <label htmlFor={sliderId} className="sr-only">Threshold</label>
          <input
            id={sliderId}
            type="range"
            className="slider"
            min={low}
            max={high}
            step={step}
            value={Math.min(high, Math.max(low, chosen))}
            aria-valuetext={`${formatThreshold(chosen)}${rate ? `, about ${formatShare(rate.value)} false alarms` : ""}`}
            onChange={(event) => toScore(event.target.valueAsNumber)}
          />
        </ScorePlot>
        <ScoreTable histogram={histogram} />
      </section>

      <div className="grid gap-x-10 gap-y-6 lg:grid-cols-[minmax(0,1fr)_18rem]">
        <section aria-label="What it would change" className="flex min-w-0 flex-col gap-4">
          {preview.isError ? (
            <ErrorState error={preview.error} onRetry={() => void preview.refetch()} />
          ) : (
            <Consequences histogram={histogram} version={version} present={present} chosen={chosen} answer={preview.data} exact={fresh} moved={moved} threshold={shown} />
          )}
        </section>

        <section aria-label="Choose a threshold" className="flex flex-col gap-4">
          <TextField
            label="Threshold, as a score"
            inputMode="decimal"
            className="tabular-nums"
            value={scoreText ?? formatPlain(chosen, step)}
            error={scoreWrong ? "A number, 0 or more." : undefined}
            hint={`Now ${formatThreshold(present)}. ${histogram.threshold ? `${originOf(histogram.threshold)}.` : ""}`}
            onChange={(event) => {
              setScoreText(event.target.value);
              setRateText(undefined);
              const value = scoreTyped(event.target.value);
              if (value !== undefined) setCandidate({ by: "score", value });
            }}
            onBlur={() => setScoreText(undefined)}
          />
          <TextField
            label="Or a target false-alarm rate, in percent"
            inputMode="decimal"
            className="tabular-nums"
            value={rateText ?? (rate ? percentText(rate.value) : "")}
            error={rateWrong ? "Above 0 and at most 50 %." : undefined}
            hint="The score for it is estimated from held-out normal images, as by a calibration."
            onChange={(event) => {
              setRateText(event.target.value);
              setScoreText(undefined);
              const typed = shareTyped(event.target.value);
              if (isRate(typed)) setCandidate({ by: "rate", rate: typed });
            }}
            onBlur={() => setRateText(undefined)}
          />
          {owned ? (
            <div className="flex flex-wrap gap-2">
              <Button
                variant="primary"
                size="md"
                disabled={!moved || tooLow || exact === undefined}
                busy={setThreshold.isPending}
                onClick={() => candidate && setThreshold.set(candidate, histogram.version)}
              >
                Use this threshold
              </Button>
              <Button size="md" variant="quiet" disabled={candidate === undefined} onClick={back}>
                Back to the present one
              </Button>
            </div>
          ) : (
            <p className="text-sm text-ink-soft">{NOT_YOURS} You may try what others would change.</p>
          )}
          <p className="text-sm text-ink-faint">It makes a new version that learnt the same. Verdicts given before stay as they are.</p>
        </section>
      </div>
    </div>
  );
}

interface ConsequencesProps {
  histogram: GetScoreHistogramResponse;
  version: Version | undefined;
  present: number;
  chosen: number;
  answer: PreviewThresholdResponse | undefined;
  /** Whether the answer is about what is chosen now. */
  exact: boolean;
  moved: boolean;
  /** What is promised of the chosen one; undefined while it is asked for. */
  threshold: Threshold | undefined;
}

function Consequences({ histogram, version, present, chosen, answer, exact, moved, threshold }: ConsequencesProps) {
  const one = exact ? answer?.previews[0] : undefined;
  const about = estimateAt(histogram, present, chosen);
  const become = { anomalous: one?.becomeAnomalous ?? about.becomeAnomalous, normal: one?.becomeNormal ?? about.becomeNormal };
  const warnings = threshold ? thresholdWarnings(threshold) : [];
  const found = moved ? one?.sensitivity : answer?.sensitivity;
  return (
    <>
      <div>
        <h2 className="text-lg font-semibold tabular-nums">
          {moved ? `At ${formatThreshold(chosen)}, instead of ${formatThreshold(present)}` : `At the present threshold, ${formatThreshold(present)}`}
        </h2>
        <p aria-live="polite" aria-atomic="true" className="min-h-12 text-pretty text-ink-soft">
          {threshold
            ? falseAlarmSentence(threshold)
            : about.falseAlarmRate === undefined
              ? "No normal image was held out, so the false-alarm rate cannot be estimated."
              : `About ${formatShare(about.falseAlarmRate)} of good parts will be rejected; counting exactly …`}
        </p>
      </div>
      {version && figuresOf(version).length > 0 && (
        <div className="flex flex-col gap-1">
          <h3 className="text-sm font-semibold">As calibrated, by part</h3>
          <PartFigures version={version} />
          <p className="text-sm text-ink-faint">
            The threshold of a calibration holds for parts never seen. The other one is what would do for parts that other pictures taught.
          </p>
        </div>
      )}
      {histogram.recentCount === 0 ? (
        <p className="text-sm text-ink-soft">
          Nothing was inspected with version {histogram.version} yet, so there are no verdicts that would change.
          {version && version.baseVersion > 0 && (
            <>
              {" "}
              It is based on{" "}
              <Link to={`?version=${version.baseVersion}`} replace className="text-accent underline">
                version {version.baseVersion}
              </Link>
              ; look there for what was inspected before.
            </>
          )}
        </p>
      ) : !moved ? (
        <p className="text-sm text-ink-soft">
          Of the last {countOf(histogram.recentCount, "inspection")} with version {histogram.version},{" "}
          {answer ? answer.anomalousCount : about.anomalous} {answer?.anomalousCount === 1 ? "was" : "were"} called anomalous. Move the threshold to
          see what would change.
        </p>
      ) : (
        <div className="grid gap-3 sm:grid-cols-2">
          <Flip count={become.anomalous} exact={one !== undefined} tone="anomalous" of={histogram.recentCount}>
            would become anomalous
          </Flip>
          <Flip count={become.normal} exact={one !== undefined} tone="normal" of={histogram.recentCount}>
            would become normal
          </Flip>
        </div>
      )}
      {warnings.map((warning) => (
        <p key={warning} className="flex items-start gap-2 rounded-md bg-warning-soft px-3 py-2 text-sm text-warning">
          <WarningIcon width={16} height={16} className="mt-0.5 shrink-0" />
          {warning}
        </p>
      ))}
      <UselessWarning summary={found} />
      {answer?.sensitivity?.findsAlmostNothing && (
        <p className="text-sm text-ink-soft">
          {moved && !found?.findsAlmostNothing ? "The present threshold finds almost none of the painted defects. " : ""}
          More images, a larger size or a stronger model may find more at as few false alarms.
        </p>
      )}
      {answer?.sensitivity && <FoundBySize now={answer.sensitivity} then={moved ? answer.previews[0]?.sensitivity : undefined} stale={!exact} />}
      {histogram.recentCount > 0 && answer && <AgreementChange now={answer.agreement} then={moved ? answer.previews[0]?.agreement : undefined} stale={!exact} />}
    </>
  );
}

function Flip({ count, exact, of, tone, children }: { count: number; exact: boolean; of: number; tone: "normal" | "anomalous"; children: string }) {
  return (
    <p className="rounded-lg border border-line bg-surface px-4 py-3">
      <span className={`block text-xl font-semibold tabular-nums ${count > 0 ? { normal: "text-normal", anomalous: "text-anomalous" }[tone] : "text-ink-faint"}`}>
        {!exact && count > 0 && <span className="sr-only">about </span>}
        {count}
      </span>
      <span className="text-sm text-ink-soft">
        of the last {countOf(of, "inspection")} {children}
      </span>
    </p>
  );
}

const isRate = (share: number): boolean => share > 0 && share <= 0.5;

/** As it can be typed again: a point, and no more digits than the slider's steps have. */
function formatPlain(value: number, step: number): string {
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  return value.toFixed(Math.min(6, digits));
}
