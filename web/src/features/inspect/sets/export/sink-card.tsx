/** Where what is found with a set is sent on to; for its owner. */
import { Code, ConnectError } from "@connectrpc/connect";
import { useMutation, useQuery } from "@connectrpc/connect-query";
import { type SyntheticEvent, useState } from "react";

import { InspectionService, type ResultSink } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { countOf } from "@/lib/numbers";
import { Button } from "@/ui/button";
import { Checkbox, TextField } from "@/ui/field";
import { ErrorNote } from "@/ui/states";
import { toast } from "@/ui/toast";

import { useSet } from "../set-context";

const { method } = InspectionService;

export function SinkCard() {
  const { set } = useSet();
  const { referenceSetId } = set;
  const found = useQuery(method.getResultSink, { referenceSetId });
  const [secret, setSecret] = useState("");
  const again = (): void => void found.refetch();
  const none = found.error instanceof ConnectError && found.error.code === Code.NotFound;
  const sink = none ? undefined : found.data;
  return (
    <section aria-labelledby="sink" className="flex max-w-160 flex-col gap-4">
      <div>
        <h2 id="sink" className="text-lg font-semibold">Send results on</h2>
        <p className="text-sm text-ink-soft">
          Each verdict with this set is posted to an address of yours, signed, without pictures. Whoever runs this installation says which hosts
          may be reached.
        </p>
      </div>
      {!none && <ErrorNote error={found.error} />}
      {sink && <Fares sink={sink} onChange={again} onGone={() => setSecret("")} />}
      {secret && (
        <p role="status" className="rounded-md border border-line p-3 text-sm">
          The secret that results are signed with, shown this once: <code className="font-mono [overflow-wrap:anywhere]">{secret}</code>
        </p>
      )}
      {(none || sink) && (
        <WebhookForm
          key={sink?.target.case === "webhook" ? sink.target.value.url : ""}
          sink={sink}
          onSet={(made) => {
            if (made) setSecret(made);
            again();
          }}
        />
      )}
    </section>
  );
}

function Fares({ sink, onChange, onGone }: { sink: ResultSink; onChange: () => void; onGone: () => void }) {
  const { referenceSetId } = useSet().set;
  const test = useMutation(method.testResultSink, {
    onSuccess: () => {
      toast("A test is on its way", { tone: "success", key: "sink" });
      onChange();
    },
  });
  const retry = useMutation(method.retryResultDeliveries, { onSuccess: onChange });
  const remove = useMutation(method.deleteResultSink, {
    onSuccess: () => {
      toast("Results are not sent on any more", { key: "sink" });
      onGone();
      onChange();
    },
  });
  const where = sink.target.case === "webhook" ? sink.target.value.url : `stream ${sink.target.value?.key ?? ""} of Redis`;
  const counts = [
    `${countOf(sink.delivered, "result")} delivered`,
    `${String(sink.waiting)} waiting`,
    `${String(sink.givenUp)} given up`,
    ...(sink.dropped > 0 ? [`${String(sink.dropped)} not sent because too many waited`] : []),
  ];
  return (
    <div className="flex flex-col gap-2 border-t border-line pt-4">
      <p className="[overflow-wrap:anywhere]">
        {sink.anomalousOnly ? "What is anomalous goes to " : "Results go to "}
        <code className="font-mono">{where}</code>
      </p>
      <p className="text-sm text-ink-soft tabular-nums">{counts.join(" · ")}</p>
      {sink.lastProblem && <p className="text-sm text-warning">The last try failed: {sink.lastProblem}</p>}
      <div className="flex flex-wrap gap-2">
        <Button busy={test.isPending} onClick={() => test.mutate({ referenceSetId })}>Send a test</Button>
        {(sink.waiting > 0 || sink.givenUp > 0) && (
          <Button busy={retry.isPending} onClick={() => retry.mutate({ referenceSetId })}>Try again now</Button>
        )}
        <Button onClick={onChange}>Refresh</Button>
        <Button busy={remove.isPending} onClick={() => remove.mutate({ referenceSetId })}>Stop sending</Button>
      </div>
    </div>
  );
}

function WebhookForm({ sink, onSet }: { sink: ResultSink | undefined; onSet: (secret: string) => void }) {
  const { referenceSetId } = useSet().set;
  const [url, setUrl] = useState(sink?.target.case === "webhook" ? sink.target.value.url : "");
  const [anomalousOnly, setAnomalousOnly] = useState(sink?.anomalousOnly ?? false);
  const put = useMutation(method.setResultSink, { meta: { handled: true }, onSuccess: ({ secret }) => onSet(secret) });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (url.trim() === "" || put.isPending) return;
    put.mutate({ referenceSetId, sink: { target: { case: "webhook", value: { url: url.trim() } }, anomalousOnly } });
  };
  return (
    <form aria-label="Send results to a webhook" onSubmit={submit} className="flex flex-col gap-3">
      <TextField
        label="Webhook"
        type="url"
        value={url}
        autoComplete="off"
        placeholder="https://mes.example.org/argus"
        onChange={(event) => setUrl(event.target.value)}
      />
      <Checkbox label="Only what is anomalous" checked={anomalousOnly} onChange={(event) => setAnomalousOnly(event.target.checked)} />
      <ErrorNote error={put.error} />
      <div>
        <Button type="submit" variant="primary" size="md" disabled={url.trim() === ""} busy={put.isPending}>
          {sink ? "Change" : "Send results there"}
        </Button>
      </div>
    </form>
  );
}
