/** Learns from feedback which deviations people call defects, and says what came of it. */
import { useMutation } from "@connectrpc/connect-query";

import { type HeadTraining, InspectionService, type Job, type ReferenceSet, WantedFeedback_Advice as Advice } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { explain } from "@/lib/errors";
import { countOf, formatScore } from "@/lib/numbers";
import { requestId } from "argus-client/request-id";
import { Button, ButtonLink } from "@/ui/button";
import { ErrorNote } from "@/ui/states";

import { useSetCache } from "../cache";
import { Figure, Figures } from "../figures";
import { hasEnded, outcomeOf } from "../job-words";
import { wantedWords } from "./wanted-words";

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
        {training.partCount > 0 && <Figure name="Gain, 95 %" note={`over ${countOf(training.partCount, "part")}`}>{signed(training.gainLow)} to {signed(training.gainHigh)}</Figure>}
      </Figures>
      <p className="text-sm text-pretty text-ink-soft">
        Learnt from {countOf(training.normalCount, "normal image")} and {countOf(training.defectCount, "defect")}
        {training.markedCount > 0 && `, ${training.markedCount} of them marked`}.
        {training.markedCount < training.defectCount && " Of those without a box or an outline, the worst places are taken for the defect."}
      </p>
      {training.wanted.length > 0 && (
        <section className="flex flex-col gap-2">
          <h3 className="text-sm font-semibold">What to judge next</h3>
          <ul className="flex flex-col gap-1 text-sm text-pretty">
            {training.wanted.map((one) => (
              <li key={one.kind} className={one.advice === Advice.MORE_HELPS ? undefined : "text-ink-soft"}>{wantedWords(one)}</li>
            ))}
          </ul>
          <div>
            <ButtonLink to={`/inspect/review?set=${set.referenceSetId}`}>Judge what the queue asks for</ButtonLink>
          </div>
        </section>
      )}
      {training.kept && training.version !== set.currentVersion && (
        <div>
          <Button onClick={() => onUse(training.version)}>Use version {training.version}</Button>
        </div>
      )}
    </>
  );
}

const signed = (value: number): string => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
