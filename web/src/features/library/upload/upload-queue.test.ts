import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { afterEach, describe, expect, it, vi } from "vitest";

import { CreateUploadResponseSchema, type CreateUploadResult, CreateUploadResultSchema, Image_State, ImageSchema } from "@/gen/argus/storage/v1/image_pb.js";
import { ErrorInfoSchema } from "@/gen/google/rpc/error_details_pb.js";
import { HttpError } from "@/lib/errors";

import type { UploadItem } from "./upload-item";
import { type Reservation, type UploadCalls, UploadQueue } from "./upload-queue";

const LIMITS = { maxBytes: 1000n, contentTypes: ["image/png", "image/jpeg"], maxFilenameLength: 255 };

/** A store and a service in memory; each test says where they differ. */
class World {
  readonly reservations: Reservation[] = [];
  readonly put: string[] = [];
  readonly completed: string[] = [];
  readonly labelled: { ids: string[]; set: Record<string, string>; remove: string[] }[] = [];
  /** By digest: images that are in the library already. */
  readonly there = new Map<string, string>();
  onReserve: (request: Reservation) => CreateUploadResult | undefined = () => undefined;
  onReserveAll: () => void = () => undefined;
  onPut: (name: string, signal: AbortSignal) => Promise<void> | void = () => undefined;
  onComplete: (id: string) => void = () => undefined;
  online: Promise<void> = Promise.resolve();
  readonly pauses: number[] = [];
  readonly queue: UploadQueue;
  private readonly names = new Map<string, string>();

  constructor() {
    const calls: UploadCalls = {
      reserve: ({ requests }) => settled(() => {
        this.onReserveAll();
        return { results: requests.map((request) => this.reserve(request)) };
      }),
      complete: ({ imageId }) => settled(() => {
        this.onComplete(imageId);
        this.completed.push(this.names.get(imageId) ?? imageId);
        return create(ImageSchema, { imageId, state: Image_State.UPLOADED });
      }),
      put: async (request, _body, { signal, onProgress }) => {
        const name = this.names.get(request.url) ?? "";
        onProgress(1);
        await this.onPut(name, signal);
        this.put.push(name);
      },
      read: async (file, hash) => {
        const text = await file.text();
        return { contentType: text.startsWith("text") ? undefined : "image/png", sha256: hash ? text : undefined };
      },
      label: (ids, { set, remove }) => settled(() => void this.labelled.push({ ids, set, remove })),
    };
    this.queue = new UploadQueue({
      calls,
      soon: (work) => queueMicrotask(work),
      pause: (ms) => {
        this.pauses.push(ms);
        return Promise.resolve();
      },
      online: () => this.online,
    });
    this.queue.setLimits(LIMITS);
  }

  private reserve(request: Reservation): CreateUploadResult {
    this.reservations.push(request);
    const other = this.onReserve(request);
    if (other) return other;
    const known = this.there.get(request.sha256);
    if (known) return answer({ image: { imageId: known, state: Image_State.INDEXED } });
    const id = `id ${this.reservations.length}`;
    this.names.set(id, request.filename);
    return answer({ image: { imageId: id, state: Image_State.PENDING }, upload: { url: id, method: "PUT" } });
  }

  add(...names: string[]): void {
    this.queue.add(names.map((name) => found(name)));
  }

  item(name: string): UploadItem {
    return this.queue.getSummary().items.find((each) => each.name === name)!;
  }

  /** Waits until nothing is open. */
  async over(): Promise<void> {
    // What was just asked for is told a moment later.
    await Promise.resolve();
    await vi.waitFor(() => expect(this.queue.getSummary().open).toBe(0));
  }
}

const found = (name: string, bytes = `bytes of ${name}`) => ({ file: new File([bytes], name), path: name });
const answer = (value: Parameters<typeof create<typeof CreateUploadResponseSchema>>[1]): CreateUploadResult =>
  create(CreateUploadResultSchema, { result: { case: "response", value: create(CreateUploadResponseSchema, value) } });
const refusal = (code: Code, message: string): CreateUploadResult => create(CreateUploadResultSchema, { result: { case: "error", value: { code, message } } });
const settled = <T>(work: () => T): Promise<T> => Promise.resolve().then(work);

const worlds: World[] = [];
const world = (): World => {
  const made = new World();
  worlds.push(made);
  return made;
};
afterEach(() => {
  for (const each of worlds.splice(0)) each.queue.stop();
});

describe("the upload queue", () => {
  it("sends all files and says that they are there", async () => {
    const all = world();
    const names = Array.from({ length: 120 }, (_, index) => `${index}.png`);
    all.add(...names);
    await all.over();
    expect(all.queue.getSummary()).toMatchObject({ total: 120, done: 120, existing: 0, wrong: 0 });
    expect(new Set(all.put)).toEqual(new Set(names));
    expect(all.completed).toHaveLength(120);
    expect(all.reservations[0]).toMatchObject({ filename: "0.png", contentType: "image/png", sizeBytes: 14n, sha256: "bytes of 0.png", skipExisting: true });
  });

  it("never has more than three on their way", async () => {
    const all = world();
    let now = 0;
    let most = 0;
    all.onPut = async () => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setTimeout(resolve));
      now -= 1;
    };
    all.add(...Array.from({ length: 20 }, (_, index) => `${index}.png`));
    await all.over();
    expect(most).toBe(3);
  });

  it("sends nothing of what is in the library, and says which image that is", async () => {
    const all = world();
    all.there.set("bytes of old.png", "old id");
    all.add("old.png", "new.png");
    await all.over();
    expect(all.item("old.png")).toMatchObject({ state: "existing", imageId: "old id" });
    expect(all.put).toEqual(["new.png"]);
  });

  it("sends the same bytes once", async () => {
    const all = world();
    all.queue.add([found("one.png", "same"), found("two.png", "same")]);
    await all.over();
    expect(all.item("two.png")).toMatchObject({ state: "existing", twin: all.item("one.png") });
    expect(all.put).toEqual(["one.png"]);
  });

  it("sends the second of the same bytes if the first is given up", async () => {
    const all = world();
    all.queue.pause();
    all.queue.add([found("one.png", "same"), found("two.png", "same")]);
    let go = (): void => undefined;
    all.onPut = () => new Promise<void>((resolve) => (go = resolve));
    all.queue.resume();
    await vi.waitFor(() => expect(all.item("two.png").state).toBe("existing"));
    await vi.waitFor(() => expect(all.item("one.png").state).toBe("sending"));
    all.onPut = () => undefined;
    all.queue.cancel(all.item("one.png"));
    go();
    await all.over();
    expect(all.item("two.png").state).toBe("done");
    expect(all.item("one.png").state).toBe("cancelled");
  });

  it("refuses what is too large, empty or no image before anything is sent", async () => {
    const all = world();
    all.queue.add([found("large.png", "x".repeat(1001)), found("empty.png", ""), found("notes.txt", "text")]);
    await all.over();
    expect(all.item("large.png").reason).toBe("It has 1 kB; an image may have 1 kB. Make it smaller and add it again.");
    expect(all.item("empty.png").reason).toBe("The file is empty.");
    expect(all.item("notes.txt").reason).toContain("It takes PNG, JPEG.");
    expect(all.reservations).toHaveLength(0);
  });

  it("says in the server's words why one is refused, and sends the others", async () => {
    const all = world();
    all.onReserve = ({ filename }) => (filename === "odd.png" ? refusal(Code.InvalidArgument, "the name is not one") : undefined);
    all.onComplete = (id) => {
      if (id === "id 2") throw new ConnectError("the PNG file is damaged", Code.InvalidArgument, undefined, [{ desc: ErrorInfoSchema, value: { reason: "IMAGE_UNREADABLE" } }]);
    };
    all.add("odd.png", "damaged.png", "good.png");
    await all.over();
    expect(all.item("odd.png")).toMatchObject({ state: "refused", reason: "The name is not one." });
    expect(all.item("damaged.png")).toMatchObject({ state: "refused", reason: "The PNG file is damaged." });
    expect(all.item("good.png").state).toBe("done");
  });

  it("reserves again what another process has in hand", async () => {
    const all = world();
    let times = 0;
    all.onReserve = () => ((times += 1) < 3 ? refusal(Code.Unavailable, "in hand") : undefined);
    all.add("a.png");
    await all.over();
    expect(all.item("a.png").state).toBe("done");
    expect(new Set(all.reservations.map(({ requestId }) => requestId)).size).toBe(1);
  });

  it("waits without a network, however long, and goes on", async () => {
    const all = world();
    let back = (): void => undefined;
    all.online = new Promise((resolve) => (back = resolve));
    let lost = true;
    all.onPut = () => {
      if (lost) throw new HttpError(0);
    };
    all.add("a.png", "b.png");
    await vi.waitFor(() => expect(all.queue.getSummary().waiting).toBe(true));
    expect(all.queue.getSummary()).toMatchObject({ open: 2, wrong: 0 });
    lost = false;
    back();
    await all.over();
    expect(all.queue.getSummary().done).toBe(2);
  });

  it("gives up a file that cannot be read any more", async () => {
    const all = world();
    const file = found("moved.png");
    all.onPut = () => {
      vi.spyOn(file.file, "slice").mockImplementation(() => {
        throw new DOMException("gone", "NotReadableError");
      });
      throw new HttpError(0);
    };
    all.queue.add([file]);
    await all.over();
    expect(all.item("moved.png")).toMatchObject({ state: "failed", reason: "The file could not be read. Was it moved or changed?" });
  });

  it("stops at a full store, keeps what is open, and goes on when asked", async () => {
    const all = world();
    let full = true;
    all.onPut = () => {
      if (full) throw new HttpError(507);
    };
    all.add("a.png", "b.png", "c.png", "d.png", "e.png");
    await vi.waitFor(() => expect(all.queue.getSummary()).toMatchObject({ paused: true }));
    const { failed, open, problem } = all.queue.getSummary();
    expect(problem).toContain("The image store is full.");
    expect(failed + open).toBe(5);
    expect(open).toBeGreaterThan(0);
    full = false;
    all.queue.retry();
    await all.over();
    expect(all.queue.getSummary()).toMatchObject({ done: 5, problem: "", paused: false });
  });

  it("reserves anew when a link is too old", async () => {
    const all = world();
    let old = true;
    all.onPut = () => {
      if (!old) return;
      old = false;
      throw new HttpError(403);
    };
    all.add("a.png");
    await all.over();
    expect(all.item("a.png").state).toBe("done");
    expect(new Set(all.reservations.map(({ requestId }) => requestId)).size).toBe(2);
  });

  it("tries what may pass a few times, then leaves it to the person", async () => {
    const all = world();
    let down = true;
    all.onPut = () => {
      if (down) throw new HttpError(503);
    };
    all.add("a.png");
    await all.over();
    expect(all.item("a.png")).toMatchObject({ state: "failed", attempts: 5 });
    expect(all.pauses).toEqual([1000, 2000, 4000, 8000]);
    down = false;
    all.queue.retry();
    await all.over();
    expect(all.item("a.png").state).toBe("done");
  });

  it("pauses what is on its way, and begins it again", async () => {
    const all = world();
    let first = true;
    all.onPut = (_name, signal) => {
      if (!first) return undefined;
      first = false;
      return new Promise<void>((_resolve, reject) => signal.addEventListener("abort", () => reject(new DOMException("stopped", "AbortError"))));
    };
    all.add("a.png");
    await vi.waitFor(() => expect(all.item("a.png").state).toBe("sending"));
    all.queue.pause();
    await vi.waitFor(() => expect(all.item("a.png").state).toBe("read"));
    expect(all.queue.getSummary()).toMatchObject({ paused: true, sentBytes: 0, open: 1 });
    all.queue.resume();
    await all.over();
    expect(all.put).toEqual(["a.png"]);
    expect(all.reservations).toHaveLength(1);
  });

  it("labels all: what is to come, what was sent with other labels, and what was there", async () => {
    const all = world();
    all.there.set("bytes of old.png", "old id");
    let go = (): void => undefined;
    all.onPut = (name) => (name === "late.png" ? new Promise<void>((resolve) => (go = resolve)) : undefined);
    all.add("old.png", "first.png", "late.png");
    await vi.waitFor(() => expect(all.queue.getSummary()).toMatchObject({ open: 1, done: 1, existing: 1 }));
    await all.queue.setLabels({ line: "3" });
    expect(all.labelled.flatMap(({ ids }) => ids).sort()).toEqual(["id 2", "old id"]);
    go();
    await all.over();
    await vi.waitFor(() => expect(all.labelled.flatMap(({ ids }) => ids).sort()).toEqual(["id 2", "id 3", "old id"]));
    expect(all.labelled.every(({ set }) => set["line"] === "3")).toBe(true);
  });

  it("does not take back a label from what was there before", async () => {
    const all = world();
    all.there.set("bytes of old.png", "old id");
    all.add("old.png", "new.png");
    await all.over();
    await all.queue.setLabels({ line: "3" });
    await all.queue.setLabels({});
    expect(all.labelled.filter(({ remove }) => remove.length > 0)).toEqual([{ ids: ["id 2"], set: {}, remove: ["line"] }]);
  });

  it("tells changes together", () => {
    const works: (() => void)[] = [];
    const queue = new UploadQueue({
      calls: { read: () => new Promise(() => undefined) } as unknown as UploadCalls,
      soon: (work) => works.push(work),
    });
    let told = 0;
    queue.subscribe(() => (told += 1));
    queue.add([found("a.png")]);
    queue.add([found("b.png")]);
    queue.cancel();
    expect(works).toHaveLength(1);
    works[0]!();
    expect(told).toBe(1);
  });
});
