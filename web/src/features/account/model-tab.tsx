/** The model that searches use, going over to another while they go on, and embedding all images again. */
import { createConnectQueryKey, useMutation, useQuery, useTransport } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { EmbedderService } from "@/gen/argus/embedder/v1/embedder_pb.js";
import { IndexService, type Reindex, Reindex_State as State } from "@/gen/argus/search/v1/reindex_pb.js";
import { countOf, formatCount } from "@/lib/numbers";
import { formatDateTime, toDate } from "@/lib/time";
import { Button } from "@/ui/button";
import { Select } from "@/ui/field";
import { ErrorNote, ErrorState, ProgressBar, Skeleton } from "@/ui/states";
import { toast } from "@/ui/toast";

import { askAgainMs, candidatesFor, isInPlace, isUnderWay, whatOf } from "./model-words";

export function ModelTab() {
  const client = useQueryClient();
  const transport = useTransport();
  const query = useQuery(
    IndexService.method.getReindex,
    {},
    // Somebody else may begin one, or a mesh by itself.
    { refetchInterval: ({ state }) => askAgainMs(state.data), refetchIntervalInBackground: false, staleTime: 0 },
  );
  const told = async (answer: Reindex): Promise<void> => {
    const key = createConnectQueryKey({ schema: IndexService.method.getReindex, transport, input: {}, cardinality: "finite" });
    // What was asked for before is older.
    await client.cancelQueries({ queryKey: key });
    client.setQueryData(key, answer);
  };
  return (
    <div className="flex flex-col gap-6">
      <p className="max-w-120 text-sm text-pretty text-ink-soft">
        Every image is embedded with the other model while searches go on with the present one. When it has them all, searches change over, all at once.
      </p>
      {query.isPending && <Skeleton className="h-24" />}
      {query.isError && !query.data && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.data && (
        <>
          <Present reindex={query.data} />
          <Newest reindex={query.data} onTold={told} />
          {query.data.state !== State.RUNNING && (
            <>
              <GoOver reindex={query.data} onTold={told} />
              <EmbedAgain reindex={query.data} onTold={told} />
            </>
          )}
        </>
      )}
    </div>
  );
}

function Present({ reindex: { currentModel, imageCount } }: { reindex: Reindex }) {
  return (
    <p className="text-base">
      Searches use <strong className="font-semibold break-all">{currentModel}</strong>: {countOf(imageCount, "image")}.
    </p>
  );
}

interface ToldProps {
  reindex: Reindex;
  onTold: (answer: Reindex) => Promise<void>;
}

/** The newest change: how far it is, or what came of it. */
function Newest({ reindex, onTold }: ToldProps) {
  const cancel = useMutation(IndexService.method.cancelReindex, { onSuccess: onTold });
  const { state, model, embeddedCount, imageCount, failedCount, automatic } = reindex;
  if (state !== State.RUNNING && state !== State.DONE && state !== State.CANCELLED) return null;
  const underWay = isUnderWay(reindex);
  const inPlace = isInPlace(reindex);
  const [begun, ended] = [toDate(reindex.startTime), toDate(reindex.endTime)];
  return (
    <section aria-label={inPlace ? "Embedding again" : "Change of the model"} className="flex max-w-120 flex-col gap-2">
      <p className="text-sm text-pretty">
        {whatOf(reindex)} <strong className="font-semibold break-all">{model}</strong>
        {automatic && ", because the default model changed"}.
      </p>
      {underWay && <ProgressBar label={`Embedded with ${model}`} value={Number(embeddedCount)} max={Number(imageCount)} />}
      <p role="status" className="text-sm text-ink-soft tabular-nums">
        {state === State.RUNNING
          ? `${formatCount(embeddedCount)} of ${countOf(imageCount, "image")}`
          : state === State.DONE && underWay
            ? "All images have it; searches change over"
            : reindex.again
              ? countOf(embeddedCount, "image")
              : `It has ${countOf(embeddedCount, "image")}`}
        {begun && ` · begun ${formatDateTime(begun)}`}
        {ended && ` · ended ${formatDateTime(ended)}`}
      </p>
      {failedCount > 0n && (
        <p className="text-sm text-pretty text-warning">
          {countOf(failedCount, "image")} could not be embedded with it.{" "}
          {inPlace
            ? "Those that had a vector keep it; the others are tried once more at the end, and then marked as failed, with the reason."
            : "After the change they are tried once more, and then marked as failed, with the reason."}
        </p>
      )}
      {state === State.RUNNING && (
        <Button className="self-start" busy={cancel.isPending} onClick={() => cancel.mutate({})}>
          {inPlace ? "End it" : `Stay with ${reindex.currentModel}`}
        </Button>
      )}
    </section>
  );
}

function GoOver({ reindex, onTold }: ToldProps) {
  const models = useQuery(EmbedderService.method.listModels);
  const [chosen, setChosen] = useState("");
  const start = useMutation(IndexService.method.startReindex, {
    meta: { handled: true },
    onSuccess: async (answer) => {
      await onTold(answer);
      toast(`Going over to ${answer.model}`, { tone: "success", key: "reindex" });
    },
  });
  if (models.isPending) return <Skeleton className="h-10 max-w-120" />;
  if (models.isError) return <ErrorNote error={models.error} />;
  const others = candidatesFor(models.data.models, reindex);
  const [first] = others;
  if (!first) {
    return (
      <p className="max-w-120 text-sm text-pretty text-ink-soft">
        No other model is installed that reads pictures and words. <code className="font-mono">argus models pull</code> installs one; it is offered here at once.
      </p>
    );
  }
  const model = others.includes(chosen) ? chosen : first;
  return (
    <form
      aria-label="Go over to another model"
      className="flex max-w-120 flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (!start.isPending) start.mutate({ model });
      }}
    >
      <div className="flex items-end gap-2">
        <div className="min-w-0 flex-1">
          <Select label="Another model" options={others.map((each) => ({ value: each, label: each }))} value={model} onChange={setChosen} />
        </div>
        <Button type="submit" size="md" busy={start.isPending}>
          Go over
        </Button>
      </div>
      <p role="status" className="text-sm text-ink-faint">
        {start.isPending ? "The model is tried first; a large one takes a while to load." : "It takes the time that the import of all images took, and can be ended."}
      </p>
      <ErrorNote error={start.error} />
    </form>
  );
}

/** The present model's vectors, made once more. */
function EmbedAgain({ reindex: { currentModel }, onTold }: ToldProps) {
  const start = useMutation(IndexService.method.startReindex, {
    meta: { handled: true },
    onSuccess: async (answer) => {
      await onTold(answer);
      toast("Embedding all images again", { tone: "success", key: "reindex" });
    },
  });
  return (
    <div className="flex max-w-120 flex-col gap-2">
      <Button variant="quiet" className="self-start" busy={start.isPending} onClick={() => start.mutate({ model: currentModel, again: true })}>
        Embed all images again
      </Button>
      <p className="text-sm text-pretty text-ink-faint">With the present model. Each new vector takes the place of the former one, so searches find every image all the time.</p>
      <ErrorNote error={start.error} />
    </div>
  );
}
