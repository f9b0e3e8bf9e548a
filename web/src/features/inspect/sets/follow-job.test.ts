import { Code, ConnectError } from "@connectrpc/connect";
import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";

import { type Job, Job_State, type WatchJobResponse, WatchJobResponseSchema } from "@/gen/argus/inspection/v1/inspection_pb.js";

import { followJob } from "./follow-job";
import { aJob } from "./testing";

const message = (state: Job_State, cursor: string, heartbeat = false) =>
  create(WatchJobResponseSchema, { job: aJob(state), cursor, heartbeat });

// eslint-disable-next-line @typescript-eslint/require-await -- a stream that has all it gives
async function* stream(messages: readonly WatchJobResponse[], failure?: ConnectError) {
  yield* messages;
  if (failure) throw failure;
}

function follow(streams: readonly AsyncIterable<WatchJobResponse>[], signal = new AbortController().signal) {
  const cursors: string[] = [];
  const seen: Job_State[] = [];
  const waits: number[] = [];
  const done = followJob({
    open: (cursor) => {
      const next = streams[cursors.length];
      cursors.push(cursor);
      if (!next) throw new Error("not expected");
      return next;
    },
    onJob: (job: Job) => seen.push(job.state),
    signal,
    wait: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
  });
  return { done, cursors, seen, waits };
}

it("tells each change until the job has ended", async () => {
  const { done, seen, cursors } = follow([
    stream([message(Job_State.QUEUED, "a"), message(Job_State.QUEUED, "a", true), message(Job_State.RUNNING, "b"), message(Job_State.SUCCEEDED, "c")]),
  ]);
  await done;
  expect(seen).toEqual([Job_State.QUEUED, Job_State.RUNNING, Job_State.SUCCEEDED]);
  expect(cursors).toEqual([""]);
});

it("goes on where a broken stream ended", async () => {
  const { done, cursors, seen, waits } = follow([
    stream([message(Job_State.RUNNING, "a")], new ConnectError("gone", Code.Unavailable)),
    stream([]),
    stream([message(Job_State.SUCCEEDED, "b")]),
  ]);
  await done;
  expect(cursors).toEqual(["", "a", "a"]);
  expect(seen).toEqual([Job_State.RUNNING, Job_State.SUCCEEDED]);
  expect(waits).toEqual([500, 1000]);
});

it("gives up where asking again is no use", async () => {
  const { done } = follow([stream([], new ConnectError("no such job", Code.NotFound))]);
  await expect(done).rejects.toThrow("no such job");
});

it("stops when nobody looks any more", async () => {
  const abort = new AbortController();
  abort.abort();
  const { done, cursors } = follow([], abort.signal);
  await done;
  expect(cursors).toEqual([]);
});
