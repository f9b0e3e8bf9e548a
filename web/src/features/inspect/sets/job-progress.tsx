/** A job under way: what it does, how far it is, how long it will take, and a way to stop it. */
import { useMutation } from "@connectrpc/connect-query";
import { useEffect, useState } from "react";

import { InspectionService, type Job, Job_State } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { formatCount } from "@/lib/numbers";
import { Button } from "@/ui/button";
import { ProgressBar } from "@/ui/states";
import { toast } from "@/ui/toast";

import { useSetCache } from "./cache";
import { jobTitle, stageName } from "./job-words";
import { formatTimeLeft, type Pace, paced, timeLeft } from "./pace";
import { SkippedImages } from "./skipped-images";

export function JobProgress({ job, mayCancel }: { job: Job; mayCancel: boolean }) {
  const cache = useSetCache();
  const cancel = useMutation(InspectionService.method.cancelJob, {
    onSuccess: (answer) => {
      cache.putJob(answer);
      toast(`${jobTitle(answer)} cancelled; nothing was changed`, { key: answer.jobId });
    },
  });
  const left = useTimeLeft(job);
  const counted = job.imagesTotal > 0;
  const title = jobTitle(job);
  return (
    <section aria-label={title} className="flex flex-col gap-3 rounded-lg border border-line bg-surface p-4">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="min-w-0">
          <h3 className="font-semibold">{title}</h3>
          <p role="status" className="text-sm text-ink-soft">
            {stageName(job)}
          </p>
        </div>
        {mayCancel && (
          <Button
            aria-label={`Cancel the ${title.toLowerCase()}`}
            busy={cancel.isPending}
            onClick={() => cancel.mutate({ referenceSetId: job.referenceSetId, jobId: job.jobId })}
          >
            Cancel
          </Button>
        )}
      </div>
      <ProgressBar label={title} {...(counted && job.state === Job_State.RUNNING && { value: job.imagesDone, max: job.imagesTotal })} />
      <p className="flex min-h-5 justify-between gap-4 text-sm text-ink-soft tabular-nums">
        <span>{counted && `${formatCount(job.imagesDone)} of ${formatCount(job.imagesTotal)} images`}</span>
        <span>{left}</span>
      </p>
      <SkippedImages skipped={job.skipped} />
    </section>
  );
}

function useTimeLeft(job: Job): string {
  const [pace, setPace] = useState<Pace>();
  useEffect(() => {
    setPace((was) => paced(was, `${job.jobId} ${job.stage}`, job.imagesDone, job.imagesTotal, Date.now()));
  }, [job.jobId, job.stage, job.imagesDone, job.imagesTotal]);
  const left = pace && timeLeft(pace);
  return left === undefined || job.state !== Job_State.RUNNING ? "" : formatTimeLeft(left);
}
