/* eslint-disable @typescript-eslint/require-await, @typescript-eslint/unbound-method -- fakes answer as services do */
import { create } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it, vi } from "vitest";

import {
  InspectImagesResponseSchema,
  InspectResponse_Verdict as Verdict,
  InspectResponseSchema,
} from "@/gen/argus/inspection/v1/inspection_pb.js";
import { ErrorInfoSchema, RetryInfoSchema } from "@/gen/google/rpc/error_details_pb.js";
import { StatusSchema } from "@/gen/google/rpc/status_pb.js";
import { explain } from "@/lib/errors";

import { arranged, countsOf, type Show } from "./run-item";
import { type Against, RunManager, type RunPorts } from "./run-manager";

const SET: Against = { setId: "s", version: 0 };

const found = (ratio: number, more = {}) =>
  create(InspectResponseSchema, {
    score: ratio,
    threshold: 1,
    verdict: ratio > 1 ? Verdict.ANOMALOUS : Verdict.NORMAL,
    ...more,
  });

function begun(changes: Partial<RunPorts> = {}) {
  const ports: RunPorts = {
    inspect: vi.fn(async () => found(0.5)),
    inspectStored: vi.fn(async function* () {
      /* nothing */
    }),
    describe: vi.fn(async () => []),
    keep: vi.fn(async () => "kept-id"),
    urlOf: vi.fn(() => "blob:x"),
    freeUrl: vi.fn(),
    wait: vi.fn(async () => undefined),
    ...changes,
  };
  const run = new RunManager(ports);
  const settled = (): Promise<void> =>
    vi.waitFor(() => expect(run.getItems().filter((item) => item.state === "waiting" || item.state === "working")).toEqual([]));
  return { ports, run, settled };
}

const files = (...names: string[]) => names.map((name) => ({ file: new Blob([name]), name }));

describe("files", () => {
  it("wait until it is said what to inspect against", async () => {
    const { ports, run, settled } = begun();
    run.addFiles(files("a"), false);
    expect(run.getItems()[0]!.state).toBe("waiting");
    run.setAgainst(SET);
    await settled();
    expect(ports.inspect).toHaveBeenCalledOnce();
    expect(ports.keep).not.toHaveBeenCalled();
    expect(run.getItems()[0]).toMatchObject({ state: "done", imageId: "" });
  });

  it("are sent two at a time", async () => {
    let [now, most] = [0, 0];
    const { run, settled } = begun({
      inspect: async () => {
        most = Math.max(most, (now += 1));
        await new Promise((resolve) => setTimeout(resolve));
        now -= 1;
        return found(0.1);
      },
    });
    run.setAgainst(SET);
    run.addFiles(files("a", "b", "c", "d", "e"), false);
    await settled();
    expect(most).toBe(2);
  });

  it("fail alone, with the reason, and can be tried again", async () => {
    const inspect = vi.fn<RunPorts["inspect"]>(async () => found(2));
    inspect.mockRejectedValueOnce(new ConnectError("unreadable", Code.InvalidArgument));
    const { run, settled } = begun({ inspect });
    run.setAgainst(SET);
    run.addFiles(files("broken", "fine"), false);
    await settled();
    expect(run.getItems().map((item) => item.state)).toEqual(["failed", "done"]);
    run.retry();
    await vi.waitFor(() => expect(countsOf(run.getItems())).toEqual({ all: 2, done: 2, anomalous: 2, uninspectable: 0, failed: 0 }));
    // The same request, so that it is counted once.
    expect(inspect.mock.calls[0]![2]).toBe(inspect.mock.calls[2]![2]);
  });

  it("wait as long as a busy server says", async () => {
    const busy = new ConnectError("busy", Code.ResourceExhausted, undefined, [
      { desc: RetryInfoSchema, value: { retryDelay: { seconds: 2n } } },
    ]);
    const inspect = vi.fn<RunPorts["inspect"]>(async () => found(2)).mockRejectedValueOnce(busy);
    const { ports, run, settled } = begun({ inspect });
    run.setAgainst(SET);
    run.addFiles(files("a"), false);
    await settled();
    expect(ports.wait).toHaveBeenCalledWith(2000, expect.anything());
    expect(run.getItems()[0]!.state).toBe("done");
  });

  it("are put into the library first if asked, and inspected there", async () => {
    const { ports, run, settled } = begun();
    run.setAgainst(SET);
    run.addFiles(files("a"), true);
    await settled();
    expect(ports.inspect).toHaveBeenCalledWith({ imageId: "kept-id" }, SET, expect.any(String), expect.anything());
    expect(run.getItems()[0]!.imageId).toBe("kept-id");
  });

  it("can be kept afterwards; if that fails the result stays", async () => {
    const keep = vi.fn<RunPorts["keep"]>().mockRejectedValueOnce(new Error("full")).mockResolvedValue("kept-id");
    const { run, settled } = begun({ keep });
    run.setAgainst(SET);
    run.addFiles(files("a"), false);
    await settled();
    const { key } = run.getItems()[0]!;
    await run.keep(key);
    expect(run.getItems()[0]).toMatchObject({ state: "done", imageId: "", keep: false, error: new Error("full") });
    await run.keep(key);
    expect(run.getItems()[0]).toMatchObject({ state: "done", imageId: "kept-id", error: undefined });
  });

  it("are given up and forgotten on clear", async () => {
    let signal: AbortSignal | undefined;
    const { ports, run } = begun({
      inspect: (_what, _against, _id, given) => {
        signal = given;
        return new Promise(() => undefined);
      },
    });
    run.setAgainst(SET);
    run.addFiles(files("a"), false);
    await vi.waitFor(() => expect(signal).toBeDefined());
    run.clear();
    expect(signal!.aborted).toBe(true);
    expect(run.getItems()).toEqual([]);
    expect(ports.freeUrl).toHaveBeenCalledWith("blob:x");
  });
});

it("an image is never named with the inspection of before it was kept", async () => {
  const before = found(2, { inspectionId: "before" });
  const after = found(2, { inspectionId: "after" });
  const inspect = vi.fn<RunPorts["inspect"]>().mockResolvedValueOnce(before).mockRejectedValueOnce(new Error("away")).mockResolvedValue(after);
  const { ports, run, settled } = begun({ inspect });
  const pairs: string[] = [];
  run.subscribe(() => pairs.push(...run.getItems().map((item) => `${item.inspection?.inspectionId ?? ""} ${item.imageId}`)));
  run.setAgainst(SET);
  run.addFiles(files("a"), false);
  await settled();
  const { key } = run.getItems()[0]!;
  await run.keep(key);
  await run.keep(key);
  expect(new Set(pairs)).toEqual(new Set([" ", "before ", "after kept-id"]));
  expect(ports.keep).toHaveBeenCalledOnce();
});

describe("stored images", () => {
  it("come over one stream, each with its own outcome", async () => {
    const error = create(StatusSchema, {
      code: Code.NotFound,
      message: "no such image",
      details: [anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason: "IMAGE_NOT_FOUND" }))],
    });
    const { run, settled } = begun({
      inspectStored: async function* () {
        yield create(InspectImagesResponseSchema, { itemId: "b", outcome: { case: "error", value: error } });
        yield create(InspectImagesResponseSchema, { itemId: "a", outcome: { case: "inspection", value: found(3) } });
      },
      describe: async () => [{ imageId: "a", name: "a.png", src: "/a", thumb: "/t", thumbhash: new Uint8Array() }],
    });
    run.setAgainst(SET);
    run.addStored(["a", "b", "a"]);
    await settled();
    const [a, b] = run.getItems();
    expect(a).toMatchObject({ state: "done", name: "a.png", src: "/a" });
    expect(b!.state).toBe("failed");
    expect(explain(b!.error)).toMatchObject({ kind: "not-found", reason: "IMAGE_NOT_FOUND" });
  });

  it("that a broken stream did not answer fail with its reason", async () => {
    const { run, settled } = begun({
      inspectStored: async function* () {
        yield create(InspectImagesResponseSchema, { itemId: "a", outcome: { case: "inspection", value: found(3) } });
        throw new ConnectError("away", Code.Unavailable);
      },
    });
    run.setAgainst(SET);
    run.addStored(["a", "b"]);
    await settled();
    expect(run.getItems().map((item) => item.state)).toEqual(["done", "failed"]);
    expect(explain(run.getItems()[1]!.error).kind).toBe("unavailable");
  });
});

describe("frames", () => {
  it("of a long day are forgotten, normal ones first", async () => {
    let count = 0;
    const { run } = begun({ inspect: async () => found((count += 1) === 1 ? 5 : 0.2) });
    run.setAgainst(SET);
    for (let frame = 0; frame < 310; frame += 1) await run.addFrame(new Blob(), `${frame}`);
    const items = run.getItems();
    expect(items.length).toBeLessThanOrEqual(301);
    expect(items[0]!.name).toBe("0");
    expect(items.at(-1)!.name).toBe("309");
  });
});

describe("arranging", () => {
  it("puts the worst first, what is unlike the set before it, and what is not inspected last", async () => {
    const answers = [found(0.4), found(1.8), found(0.2, { offDistribution: true, verdict: Verdict.UNINSPECTABLE })];
    const inspect = vi.fn<RunPorts["inspect"]>();
    for (const answer of answers) inspect.mockResolvedValueOnce(answer);
    inspect.mockRejectedValue(new Error("no"));
    const { run, settled } = begun({ inspect });
    run.setAgainst(SET);
    run.addFiles(files("a", "b", "c", "d"), false);
    await settled();
    const names = (sort: "worst" | "time", show: Show) =>
      arranged(run.getItems(), sort, show).map((item) => item.name);
    expect(names("worst", "all")).toEqual(["c", "b", "a", "d"]);
    expect(names("time", "all")).toEqual(["d", "c", "b", "a"]);
    expect(names("worst", "anomalous")).toEqual(["b"]);
    expect(names("worst", "uninspectable")).toEqual(["c"]);
    expect(countsOf(run.getItems())).toEqual({ all: 4, done: 3, anomalous: 1, uninspectable: 1, failed: 1 });
    expect(names("worst", "normal")).toEqual(["a"]);
    expect(names("worst", "failed")).toEqual(["d"]);
  });
});
