/** Teaching: what is under way, the settings of the next calibration, and what was done before. */
import { useEffect, useRef } from "react";

import { Job_Kind, type Version } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { ButtonLink } from "@/ui/button";
import { ImageIcon, InfoIcon } from "@/ui/icons";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";

import { hasEnded } from "../job-words";
import { JobHistory } from "../job-history";
import { JobProgress } from "../job-progress";
import { PartsPanel } from "../parts/parts-panel";
import { setPath } from "../paths";
import { NOT_YOURS, useSet } from "../set-context";
import { useVersions } from "../use-versions";
import { SettingsForm } from "./settings-form";

export function CalibrateTab() {
  const { set, owned, jobs } = useSet();
  const { query: versions, current } = useVersions(set);
  const underWay = jobs.filter((job) => !hasEnded(job));
  // What the set itself tells is there before the jobs are.
  const last = set.lastCalibration;
  const shown = underWay.length === 0 && jobs.length === 0 && last && !hasEnded(last) ? [last] : underWay;
  // What was begun at the form's end shows itself at the top.
  const progress = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (shown.length > 0) progress.current?.scrollIntoView({ block: "nearest" });
  }, [shown.length]);
  const calibrating = shown.some((job) => job.kind === Job_Kind.CALIBRATION);

  return (
    <div className="grid gap-x-10 gap-y-8 lg:grid-cols-[minmax(0,36rem)_minmax(0,1fr)]">
      <div className="flex flex-col gap-6">
        <div ref={progress} className="flex flex-col gap-4 empty:hidden">
          {shown.map((job) => (
            <JobProgress key={job.jobId} job={job} mayCancel={owned} />
          ))}
        </div>
        {!owned ? (
          <p className="text-ink-soft">{NOT_YOURS} You see here what is under way and what was done.</p>
        ) : set.imageCount === 0 ? (
          <EmptyState
            icon={ImageIcon}
            title="No images to learn from"
            actions={<ButtonLink size="md" variant="primary" to={setPath(set.referenceSetId, "images")}>To the images</ButtonLink>}
          >
            Add images of good parts first; 20 are enough for a start.
          </EmptyState>
        ) : versions.isError ? (
          <ErrorState error={versions.error} onRetry={() => void versions.refetch()} />
        ) : set.currentVersion > 0 && !current && versions.isFetching ? (
          // Another version came into use; the settings to start from are on their way.
          <Skeleton className="h-120" />
        ) : (
          <section aria-labelledby="next-calibration" className="flex flex-col gap-4">
            <div>
              <h2 id="next-calibration" className="text-lg font-semibold">
                {set.currentVersion > 0 ? "Calibrate again" : "Calibrate"}
              </h2>
              <p className="flex items-start gap-2 text-sm text-ink-soft">
                <InfoIcon width={16} height={16} className="mt-0.5 shrink-0" />
                {whatWillHappen(set.currentVersion, set.changed, set.imageCount)}
              </p>
            </div>
            <PartsPanel set={set} />
            {/* Another version in use means other settings to start from. */}
            <SettingsForm key={set.currentVersion} set={set} from={current} disabled={calibrating} target={targetOf(current)} />
          </section>
        )}
      </div>
      <JobHistory jobs={jobs} />
    </div>
  );
}

/** What was asked for, not what a person's threshold came to. */
function targetOf(version: Version | undefined): number | undefined {
  return version?.threshold?.setByPerson ? undefined : version?.threshold?.targetFalseAlarmRate;
}

function whatWillHappen(version: number, changed: boolean, images: number): string {
  if (version === 0) return `Argus learns what the ${images} images have in common and makes version 1, which is then in use.`;
  return changed
    ? `The images changed since version ${version}. A new version is made and used; version ${version} is kept, and you can go back at once.`
    : `Nothing changed since version ${version}. Calibrate again to try other settings; version ${version} is kept.`;
}
