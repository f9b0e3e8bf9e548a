import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it, vi } from "vitest";

import { type WatchImagesResponse, WatchImagesResponseSchema } from "@/gen/argus/storage/v1/image_pb.js";
import { ErrorInfoSchema } from "@/gen/google/rpc/error_details_pb.js";

import { FakeStream } from "./fake-images";
import { Live } from "./live";

const checkpoint = (cursor: string): WatchImagesResponse =>
  create(WatchImagesResponseSchema, { cursor, change: { case: "checkpoint", value: {} } });
const deleted = (cursor: string): WatchImagesResponse =>
  create(WatchImagesResponseSchema, { cursor, change: { case: "deletedImageId", value: cursor } });

function expired(): ConnectError {
  return new ConnectError("too old", Code.OutOfRange, undefined, [{ desc: ErrorInfoSchema, value: { reason: "CURSOR_EXPIRED", domain: "argus" } }]);
}

function watching() {
  const stream = new FakeStream();
  const opened: { cursor: string; signal: AbortSignal }[] = [];
  const heard: string[] = [];
  const pauses: number[] = [];
  const live = new Live({
    watch: ({ afterCursor }, { signal }) => {
      opened.push({ cursor: afterCursor, signal });
      return stream.read(signal);
    },
    onChange: ({ cursor }) => heard.push(cursor),
    onGap: () => heard.push("gap"),
    pause: (ms) => {
      pauses.push(ms);
      return Promise.resolve();
    },
  });
  return { live, stream, opened, heard, pauses, cursors: () => opened.map(({ cursor }) => cursor) };
}

describe("the stream of changes", () => {
  it("begins with a look at what may have been missed, and tells changes but not checkpoints", async () => {
    const { live, stream, heard } = watching();
    live.start();
    stream.push(checkpoint("a"));
    stream.push(deleted("b"));
    stream.push(checkpoint("c"));
    stream.push(deleted("d"));
    await vi.waitFor(() => expect(heard).toEqual(["gap", "b", "d"]));
    live.stop();
  });

  it("goes on after the last message when it breaks, waits longer each time, and no longer after it was back", async () => {
    const { live, stream, cursors, heard, pauses } = watching();
    live.start();
    stream.push(checkpoint("a"));
    stream.push(new ConnectError("gone", Code.Unavailable));
    stream.push(new ConnectError("gone", Code.Unavailable));
    stream.push(deleted("b"));
    stream.push(undefined);
    await vi.waitFor(() => expect(cursors()).toEqual(["", "a", "a", "b"]));
    expect(heard).toEqual(["gap", "b"]);
    expect(pauses).toEqual([1000, 2000, 1000]);
    live.stop();
  });

  it("begins anew when its place is too old", async () => {
    const { live, stream, cursors, heard } = watching();
    live.start();
    stream.push(checkpoint("a"));
    stream.push(undefined);
    stream.push(expired());
    stream.push(deleted("b"));
    await vi.waitFor(() => expect(heard).toEqual(["gap", "gap", "b"]));
    expect(cursors()).toEqual(["", "a", ""]);
    live.stop();
  });

  it("stops at once, tells nothing more, and goes on where it was", async () => {
    const { live, stream, opened, heard, cursors } = watching();
    live.start();
    live.start();
    stream.push(checkpoint("a"));
    await vi.waitFor(() => expect(heard).toEqual(["gap"]));
    live.stop();
    expect(opened.map(({ signal }) => signal.aborted)).toEqual([true]);
    live.start();
    stream.push(deleted("b"));
    await vi.waitFor(() => expect(heard).toEqual(["gap", "b"]));
    expect(cursors()).toEqual(["", "a"]);
    live.stop();
  });

  it("gives up where the server has no such stream", async () => {
    const { live, stream, opened, pauses } = watching();
    live.start();
    stream.push(new ConnectError("what?", Code.Unimplemented));
    await vi.waitFor(() => expect(opened).toHaveLength(1));
    await Promise.resolve();
    expect(pauses).toEqual([]);
    live.stop();
  });
});
