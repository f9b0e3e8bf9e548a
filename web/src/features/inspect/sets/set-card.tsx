/** One set in the list: what it looks like, how it stands, and where one can go from it. */
import { useQuery } from "@connectrpc/connect-query";
import { Link } from "react-router";

import { InspectionService, type ReferenceSet, ReferenceSet_State, type StatsRow } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { countOf, formatCount } from "@/lib/numbers";
import { formatConfidence, formatShare, UNKNOWN } from "@/lib/shares";
import { storePath } from "@/lib/store-url";
import { formatDateTime, formatRelative, toDate } from "@/lib/time";
import { ButtonLink, IconButton } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { ImageIcon, MoreIcon, TrashIcon } from "@/ui/icons";
import { Menu } from "@/ui/menu";
import { ProgressBar, Skeleton } from "@/ui/states";
import { Thumb } from "@/ui/thumb";

import { ratesOf, tallyOf } from "./agreement";
import { Figure, Figures } from "./figures";
import { hasEnded, stageName } from "./job-words";
import type { ReviewCount } from "./review-counts";
import { setPath } from "./paths";
import { SetState } from "./set-state";
import { useVersions } from "./use-versions";
import { expectedRate, formatThreshold } from "./threshold-words";

const STRIP = 6;

export interface SetCardProps {
  set: ReferenceSet;
  owned: boolean;
  toReview: ReviewCount | undefined;
  /** Statistics of the version in use; undefined until they are there. */
  rows: readonly StatsRow[] | undefined;
  onDelete: () => void;
}

export function SetCard({ set, owned, toReview, rows, onDelete }: SetCardProps) {
  const id = set.referenceSetId;
  const { query: versions, current: version } = useVersions(set);
  const threshold = version?.threshold;
  const expected = threshold && expectedRate(threshold);
  const tally = tallyOf(rows ?? []);
  const measured = ratesOf(tally).falseAlarmRate;
  const judgedNormal = tally.falsePositives + tally.trueNegatives;
  const calibration = set.lastCalibration;
  const calibrated = toDate(calibration?.endTime ?? version?.createTime);
  const waiting = versions.isLoading ? <Skeleton className="mt-1 h-5 w-16" /> : UNKNOWN;
  return (
    <li className="flex flex-col rounded-lg border border-line bg-surface">
      <Strip set={set} />
      <div className="flex flex-1 flex-col gap-4 p-4">
        <div className="flex flex-col gap-2">
          <h3 className="text-lg font-semibold text-pretty [overflow-wrap:anywhere]">
            <Link to={setPath(id)} className="rounded-sm hover:underline">
              {set.displayName}
            </Link>
          </h3>
          <div className="flex flex-wrap gap-2">
            <SetState set={set} />
            {set.changed && set.currentVersion > 0 && <Chip tone="warning">Changed since version {set.currentVersion}</Chip>}
            {!owned && <Chip>Read only</Chip>}
            {set.members.length > 0 && <Chip>Shared with {countOf(set.members.length, "person", "people")}</Chip>}
          </div>
        </div>
        {set.state === ReferenceSet_State.CALIBRATING && calibration && !hasEnded(calibration) && (
          <div className="flex flex-col gap-1 text-sm text-ink-soft">
            <span>{stageName(calibration)}</span>
            <ProgressBar
              label={`Calibration of ${set.displayName}`}
              {...(calibration.imagesTotal > 0 && { value: calibration.imagesDone, max: calibration.imagesTotal })}
            />
          </div>
        )}
        <Figures className="sm:grid-cols-3">
          <Figure name="Images">{formatCount(set.imageCount)}</Figure>
          <Figure name="Version">{set.currentVersion || UNKNOWN}</Figure>
          <Figure name="Threshold">{threshold ? formatThreshold(threshold.value) : waiting}</Figure>
          <Figure name="False-alarm rate" note={expected && <>expected; {formatConfidence(expected)}</>}>
            {expected ? formatShare(expected.value) : waiting}
          </Figure>
          <Figure name="Judged so far" note={measured ? <>of {formatCount(judgedNormal)} normal; {formatConfidence(measured)}</> : set.currentVersion > 0 && "nothing judged normal"}>
            {measured ? formatShare(measured.value) : UNKNOWN}
          </Figure>
          <Figure name="Last calibrated">
            {calibrated ? (
              <time dateTime={calibrated.toISOString()} title={formatDateTime(calibrated)}>
                {formatRelative(calibrated)}
              </time>
            ) : (
              UNKNOWN
            )}
          </Figure>
        </Figures>
        <div className="mt-auto flex flex-wrap items-center gap-2 border-t border-line pt-3">
          {set.currentVersion > 0 ? (
            <>
              <ButtonLink to={`/inspect/run?set=${id}`} aria-label={`Inspect with ${set.displayName}`}>
                Inspect
              </ButtonLink>
              <ButtonLink variant="quiet" to={`/inspect/review?set=${id}`} aria-label={`Review inspections of ${set.displayName}: ${reviewWords(toReview)}`}>
                {reviewWords(toReview)}
              </ButtonLink>
            </>
          ) : (
            <ButtonLink to={setPath(id, set.imageCount > 0 ? "calibrate" : "images")}>
              {set.imageCount > 0 ? "Calibrate" : "Add images"}
            </ButtonLink>
          )}
          {owned && (
            <span className="ml-auto">
              <Menu
                label={`More for ${set.displayName}`}
                side="above"
                trigger={(props) => <IconButton icon={MoreIcon} label={`More for ${set.displayName}`} {...props} />}
                items={[{ label: "Delete…", icon: TrashIcon, danger: true, run: onDelete }]}
              />
            </span>
          )}
        </div>
      </div>
    </li>
  );
}

function reviewWords(toReview: ReviewCount | undefined): string {
  if (!toReview) return "Review";
  if (toReview.count === 0 && !toReview.atLeast) return "Nothing to review";
  return toReview.count === 0 ? "Review" : `${formatCount(toReview.count)}${toReview.atLeast ? "+" : ""} to review`;
}

/** The first images, so that sets are told apart by sight. */
function Strip({ set }: { set: ReferenceSet }) {
  const query = useQuery(
    InspectionService.method.listReferenceImages,
    { referenceSetId: set.referenceSetId, pageSize: STRIP },
    { enabled: set.imageCount > 0 },
  );
  const previews = query.data?.previews ?? [];
  return (
    <Link
      to={setPath(set.referenceSetId)}
      tabIndex={-1}
      aria-hidden="true"
      className="grid h-20 grid-cols-6 gap-px overflow-hidden rounded-t-lg border-b border-line bg-sunken"
    >
      {set.imageCount === 0 && (
        <span className="col-span-6 grid place-items-center text-ink-faint">
          <ImageIcon />
        </span>
      )}
      {previews.slice(0, STRIP).map((preview) => (
        <Thumb key={preview.imageId} src={storePath(preview.thumbnailUrl)} alt="" thumbhash={preview.thumbhash} className="h-20" />
      ))}
    </Link>
  );
}
