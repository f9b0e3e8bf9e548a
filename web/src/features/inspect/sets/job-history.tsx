/** What was done with a set in the background, newest first. */
import type { Job } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { formatShare } from "@/lib/shares";
import { formatDateTime, formatDuration, formatRelative, toDate } from "@/lib/time";
import { Chip } from "@/ui/chip";

import { hasEnded, jobTitle, outcomeOf, stateName } from "./job-words";
import { modelName, sizeName } from "./settings-words";
import { SkippedImages } from "./skipped-images";

export function JobHistory({ jobs, title = "Before" }: { jobs: readonly Job[]; title?: string }) {
  const ended = jobs.filter(hasEnded);
  if (ended.length === 0) return null;
  return (
    <section aria-label="Jobs that have ended" className="min-w-0">
      <h2 className="mb-2 text-lg font-semibold">{title}</h2>
      <ol className="flex flex-col">
        {ended.map((job) => (
          <EndedJob key={job.jobId} job={job} />
        ))}
      </ol>
    </section>
  );
}

function EndedJob({ job }: { job: Job }) {
  const state = stateName(job.state);
  const end = toDate(job.endTime);
  const begun = toDate(job.createTime);
  return (
    <li className="flex flex-col gap-1 border-t border-line py-3">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <h3 className="text-base font-medium">{jobTitle(job)}</h3>
        <Chip tone={state.tone}>{state.label}</Chip>
      </div>
      <p className="text-sm text-pretty text-ink-soft">{outcomeOf(job)}</p>
      <p className="text-sm text-ink-faint">
        {end && (
          <time dateTime={end.toISOString()} title={formatDateTime(end)}>
            {formatRelative(end)}
          </time>
        )}
        {end && begun && `, took ${formatDuration(end.getTime() - begun.getTime())}`}
        {job.settings && ` · target ${formatShare(job.targetFalseAlarmRate)} · model ${modelName(job.settings).toLowerCase()} · size ${sizeName(job.settings).toLowerCase()}`}
      </p>
      <SkippedImages skipped={job.skipped} />
    </li>
  );
}
