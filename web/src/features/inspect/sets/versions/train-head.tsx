/** Learns from feedback which deviations people call defects, and says what came of it. */
import { useMutation } from "@connectrpc/connect-query";

import { type HeadTraining, InspectionService, type Job, type ReferenceSet } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { explain } from "@/lib/errors";
import { countOf, formatScore } from "@/lib/numbers";
import { requestId } from "@/lib/request-id";
import { Button, ButtonLink } from "@/ui/button";
import { ErrorNote } from "@/ui/states";

import { useSetCache } from "../cache";
import { Figure, Figures } from "../figures";
import { hasEnded, outcomeOf } from "../job-words";

export function TrainHead({ set, job, onUse }: { set: ReferenceSet; /** The last one. */ job: Job | undefined; onUse: (version: number) => void }) {
  const cache = useSetCache();
  const train = useMutation(InspectionService.method.trainHead, { meta: { handled: true }, onSuccess: (begun) => cache.putJob(begun) });
  const underWay = job !== undefined && !hasEnded(job);
  const needsMore = train.error !== null && explain(train.error).reason === "FEEDBACK_INSUFFICIENT";
  return (
    <section aria-labelledby="train" className="flex flex-col gap-4">
      <div>
        <h2 id="train" className="text-lg font-semibold">Train a head</h2>
        <p className="text-sm text-ink-soft">
          A small addition that learns from feedback of both kinds which deviations are defects. It becomes a version only if it proves better on
          images that it did not learn from, and is used only once you say so.
        </p>
      </div>
      <div>
        <Button
          size="md"
          disabled={underWay}
          busy={train.isPending}
          onClick={() => train.mutate({ referenceSetId: set.referenceSetId, requestId: requestId() })}
        >
          Train a head from version {set.currentVersion}
        </Button>
      </div>
      <ErrorNote error={train.error} />
      {needsMore && (
        <div>
          <ButtonLink to={`/inspect/review?set=${set.referenceSetId}`}>Judge images in the review queue</ButtonLink>
        </div>
      )}
      {job && hasEnded(job) && (
        <div role="status" className="flex flex-col gap-3 rounded-lg border border-line bg-surface p-4">
          <p className="text-pretty">{outcomeOf(job)}</p>
          {job.result.case === "headTraining" && <Trained training={job.result.value} set={set} onUse={onUse} />}
        </div>
      )}
    </section>
  );
}

function Trained({ training, set, onUse }: { training: HeadTraining; set: ReferenceSet; onUse: (version: number) => void }) {
  return (
    <>
      <Figures>
        <Figure name="Without a head" note="area under the ROC curve">{formatScore(training.aurocWithout)}</Figure>
        <Figure name="With it" note="the same, cross-validated">{formatScore(training.aurocWith)}</Figure>
      </Figures>
      <p className="text-sm text-ink-soft">
        Learnt from {countOf(training.normalCount, "normal image")} and {countOf(training.defectCount, "defect")}.
      </p>
      {training.kept && training.version !== set.currentVersion && (
        <div>
          <Button onClick={() => onUse(training.version)}>Use version {training.version}</Button>
        </div>
      )}
    </>
  );
}
