/** All that was learnt: versions side by side, going back and on, comparing two, training a head. */
import { useMutation } from "@connectrpc/connect-query";
import { useState } from "react";

import { InspectionService, type Job, Job_Kind, Job_State, type Version } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { countOf } from "@/lib/numbers";
import { Button, ButtonLink } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { InspectIcon } from "@/ui/icons";
import { EmptyState, ErrorNote, ErrorState, Skeleton } from "@/ui/states";
import { toast } from "@/ui/toast";

import { useSetCache } from "../cache";
import { FoundBySize, UselessWarning } from "../found-by-size";
import { hasEnded } from "../job-words";
import { JobProgress } from "../job-progress";
import { setPath } from "../paths";
import { matrixByKind, sensitivityAdvice } from "../sensitivity-words";
import { NOT_YOURS, useSet } from "../set-context";
import { useVersions } from "../use-versions";
import { CompareVersions } from "./compare-versions";
import { FrameLimits } from "./frame-limits";
import { SensitivityMatrix } from "./sensitivity-matrix";
import { TrainHead } from "./train-head";
import { useUseVersion } from "./use-use-version";
import { VersionTable } from "./version-table";

export function VersionsTab() {
  const { set, owned, jobs } = useSet();
  const { query, current } = useVersions(set);
  const use = useUseVersion(set);
  const [details, setDetails] = useState<Version>();
  const [doomed, setDoomed] = useState<Version>();

  if (set.currentVersion === 0) {
    return (
      <EmptyState
        icon={InspectIcon}
        title="No version yet"
        actions={owned && <ButtonLink size="md" variant="primary" to={setPath(set.referenceSetId, "calibrate")}>Calibrate</ButtonLink>}
      >
        A calibration makes a version: what normal looks like, and from where on an image is anomalous.
      </EmptyState>
    );
  }
  if (query.isPending) return <Skeleton className="h-120 max-w-220" />;
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  const versions = query.data.versions;
  const latest = (kind: Job_Kind): Job | undefined => jobs.find((job) => job.kind === kind && (!hasEnded(job) || job.state === Job_State.SUCCEEDED || job.state === Job_State.FAILED));
  const underWay = jobs.filter((job) => job.kind !== Job_Kind.CALIBRATION && !hasEnded(job));
  return (
    <div className="flex flex-col gap-8">
      {underWay.length > 0 && (
        <div className="flex max-w-144 flex-col gap-4">
          {underWay.map((job) => (
            <JobProgress key={job.jobId} job={job} mayCancel />
          ))}
        </div>
      )}
      <div className="flex flex-col gap-2">
        {current && <p className="max-w-160 text-pretty text-ink-soft">{sensitivityAdvice(current)}</p>}
        <div className="max-w-160"><UselessWarning summary={current?.sensitivitySummary} /></div>
        {!owned && <p className="text-sm text-ink-faint">{NOT_YOURS}</p>}
        <VersionTable
          versions={versions}
          current={set.currentVersion}
          owned={owned}
          busy={use.isPending}
          onUse={(version) => use.to(version.version)}
          onDelete={setDoomed}
          onDetails={setDetails}
        />
        {query.data.nextPageToken && <p className="text-sm text-ink-faint">These are the newest {versions.length}; older ones are not shown.</p>}
      </div>
      <div className="grid gap-8 lg:grid-cols-2">
        <CompareVersions set={set} versions={versions} job={latest(Job_Kind.COMPARISON)} />
        {owned && <TrainHead set={set} job={latest(Job_Kind.HEAD_TRAINING)} onUse={use.to} />}
      </div>
      {details && (
        <Dialog title={`What version ${details.version} finds`} onClose={() => setDetails(undefined)}>
          <div className="flex flex-col gap-4">
            <p className="text-ink-soft">{sensitivityAdvice(details)}</p>
            <UselessWarning summary={details.sensitivitySummary} />
            {details.sensitivitySummary && <FoundBySize now={details.sensitivitySummary} />}
            <SensitivityMatrix counts matrix={matrixByKind(details.sensitivity)} caption="Painted defects found, by kind and size" />
            <p className="text-sm text-ink-faint">
              Defects painted into reference images, scored by what did not learn from them. Point at a cell for its interval. Sizes are
              in pixels of the image as it was sent.
            </p>
            <FrameLimits checks={details.frameChecks} />
          </div>
        </Dialog>
      )}
      {doomed && <DeleteVersion version={doomed} referenceSetId={set.referenceSetId} onClose={() => setDoomed(undefined)} />}
    </div>
  );
}

/** There is no undo for this, so it is asked once. */
function DeleteVersion({ version, referenceSetId, onClose }: { version: Version; referenceSetId: string; onClose: () => void }) {
  const cache = useSetCache();
  const remove = useMutation(InspectionService.method.deleteVersion, {
    meta: { handled: true },
    onSuccess: () => {
      cache.versionsChanged();
      toast(`Version ${version.version} was deleted`);
      onClose();
    },
  });
  return (
    <Dialog
      title={`Delete version ${version.version}?`}
      width="sm"
      onClose={onClose}
      actions={
        <>
          <Button size="md" onClick={onClose}>Keep it</Button>
          <Button size="md" variant="danger" busy={remove.isPending} onClick={() => remove.mutate({ referenceSetId, version: version.version })}>
            Delete version {version.version}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <p className="text-ink-soft">
          What it learnt from {countOf(version.imageCount, "image")} is gone for good; you cannot go back to it. Inspections made with it stay,
          and its number is never used again.
        </p>
        <ErrorNote error={remove.error} />
      </div>
    </Dialog>
  );
}
