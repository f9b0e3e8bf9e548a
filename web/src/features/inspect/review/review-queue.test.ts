/* eslint-disable @typescript-eslint/require-await, @typescript-eslint/unbound-method -- fakes answer as services do */
import { create } from "@bufbuild/protobuf";
import { describe, expect, it, vi } from "vitest";

import { type ReviewItem, ReviewItemSchema } from "@/gen/argus/inspection/v1/inspection_pb.js";

import type { TakeBack } from "../result/deeds";
import type { Judgement } from "../result/judgement";

import { type QueuePorts, ReviewQueue } from "./review-queue";

const NORMAL: Judgement = { kind: "normal" };

/** A queue as the server has it: who judges takes out, who claims holds. */
class Server {
  waiting: ReviewItem[];
  held = new Map<string, string[]>();
  calls: string[] = [];
  failing = new Set<string>();
  time = 0;
  claims = 0;

  constructor(count: number) {
    this.waiting = Array.from({ length: count }, (_, at) => create(ReviewItemSchema, { inspectionId: `i${at}` }));
  }

  private fail(what: string): void {
    if (this.failing.has(what)) throw new Error(what);
  }

  private remove(id: string): ReviewItem {
    const item = this.waiting.find((each) => each.inspectionId === id)!;
    this.waiting = this.waiting.filter((each) => each !== item);
    return item;
  }

  readonly ports: QueuePorts<string> = {
    claim: async (limit) => {
      this.fail("claim");
      const held = new Set([...this.held.values()].flat());
      const items = this.waiting.filter((item) => !held.has(item.inspectionId)).slice(0, limit);
      this.claims += 1;
      const claimId = items.length > 0 ? `c${this.claims}` : "";
      if (claimId) this.held.set(claimId, items.map((item) => item.inspectionId));
      return { claimId, items, expiresAt: this.time + 600_000 };
    },
    release: async (claimId) => {
      this.calls.push(`release ${claimId}`);
      this.held.delete(claimId);
    },
    load: async ({ inspectionId }) => {
      this.fail(`load ${inspectionId}`);
      this.calls.push(`load ${inspectionId}`);
      return `picture of ${inspectionId}`;
    },
    judge: async ({ inspectionId }): Promise<TakeBack> => {
      this.fail(`judge ${inspectionId}`);
      const item = this.remove(inspectionId);
      this.calls.push(`judge ${inspectionId}`);
      return async () => {
        this.calls.push(`take back ${inspectionId}`);
        this.waiting.push(item);
      };
    },
    skip: async ({ inspectionId }): Promise<TakeBack> => {
      const item = this.remove(inspectionId);
      this.waiting.push(item);
      this.calls.push(`skip ${inspectionId}`);
      return async () => void this.calls.push(`unskip ${inspectionId}`);
    },
    onFailure: vi.fn(),
    now: () => this.time,
  };
}

async function begun(count: number) {
  const server = new Server(count);
  const queue = new ReviewQueue(server.ports);
  const ids = (): string[] => queue.getView().entries.map((entry) => entry.item.inspectionId);
  queue.start();
  await vi.waitFor(() => expect(queue.getView().status).not.toBe("loading"));
  const loaded = (most: number): Promise<void> =>
    vi.waitFor(() => expect(queue.getView().entries.slice(0, most).map((entry) => entry.loaded)).not.toContain(undefined));
  return { server, queue, ids, loaded };
}

describe("a sitting at the review queue", () => {
  it("holds a few and loads the one on screen and the next three", async () => {
    const { server, ids, loaded } = await begun(20);
    expect(ids()).toEqual(["i0", "i1", "i2", "i3", "i4"]);
    await loaded(4);
    expect(server.calls.filter((call) => call.startsWith("load"))).toEqual(["load i0", "load i1", "load i2", "load i3"]);
  });

  it("shows the next at once, loaded, without waiting for the server", async () => {
    const { queue, ids, loaded } = await begun(20);
    await loaded(4);
    queue.judge(NORMAL);
    expect(ids()[0]).toBe("i1");
    expect(queue.getView().entries[0]!.loaded).toBe("picture of i1");
    expect(queue.getView()).toMatchObject({ judged: 1, last: "Marked normal" });
  });

  it("is topped up before it runs out, until there is nothing left", async () => {
    const { server, queue } = await begun(12);
    for (let left = 12; left > 0; left -= 1) {
      await vi.waitFor(() => expect(queue.getView().entries.length).toBeGreaterThan(0));
      queue.judge(NORMAL);
    }
    await vi.waitFor(() => expect(queue.getView().status).toBe("finished"));
    expect(queue.getView().judged).toBe(12);
    expect(server.calls.filter((call) => call.startsWith("judge"))).toHaveLength(12);
  });

  it("brings back what is undone, at the server too", async () => {
    const { server, queue, ids } = await begun(20);
    queue.judge(NORMAL);
    queue.skip();
    expect(ids()[0]).toBe("i2");
    expect(queue.undo()).toBe("Skipped");
    expect(ids().slice(0, 2)).toEqual(["i1", "i2"]);
    expect(queue.undo()).toBe("Marked normal");
    expect(ids().slice(0, 3)).toEqual(["i0", "i1", "i2"]);
    await vi.waitFor(() => expect(server.calls).toEqual(expect.arrayContaining(["unskip i1", "take back i0"])));
    expect(queue.getView()).toMatchObject({ judged: 0, skipped: 0, last: undefined });
  });

  it("brings back what failed, next and not under one's keys, and says so", async () => {
    const { server, queue, ids } = await begun(20);
    server.failing.add("judge i0");
    queue.judge(NORMAL);
    await vi.waitFor(() => expect(server.ports.onFailure).toHaveBeenCalledOnce());
    expect(ids().slice(0, 3)).toEqual(["i1", "i0", "i2"]);
    expect(queue.getView().entries[1]!.problem).toBeInstanceOf(Error);
    expect(queue.getView().judged).toBe(0);
  });

  it("judges many as one, and takes them back as one, in their order", async () => {
    const { queue, ids } = await begun(40);
    queue.hold(30);
    await vi.waitFor(() => expect(ids()).toHaveLength(30));
    queue.judge(NORMAL, ["i2", "i3", "i5"]);
    expect(ids().slice(0, 4)).toEqual(["i0", "i1", "i4", "i6"]);
    expect(queue.getView().last).toBe("Marked normal: 3 images");
    queue.undo();
    expect(ids().slice(0, 3)).toEqual(["i2", "i3", "i5"]);
    expect(queue.getView().judged).toBe(0);
  });

  it("gives back what was not judged when one leaves", async () => {
    const { server, queue } = await begun(20);
    queue.judge(NORMAL);
    queue.stop();
    await vi.waitFor(() => expect(server.held.size).toBe(0));
  });

  it("gives back a claim that is answered after one left, and can begin again", async () => {
    const server = new Server(20);
    const queue = new ReviewQueue(server.ports);
    queue.start();
    queue.stop();
    queue.start();
    await vi.waitFor(() => expect(queue.getView().status).toBe("ready"));
    await vi.waitFor(() => expect(server.held.size).toBe(1));
    expect(queue.getView().entries).toHaveLength(5);
  });

  it("claims again before others could get the items, and keeps what is on screen", async () => {
    const { server, queue, ids } = await begun(20);
    server.time = 550_000;
    server.held.set("somebody else", ["i0", "i2"]);
    await queue.renew();
    expect(ids()[0]).toBe("i0");
    expect(ids()).not.toContain("i2");
    expect(ids()).toContain("i1");
    expect(queue.getView().entries[1]!.expiresAt).toBe(1_150_000);
    const before = server.claims;
    await queue.renew();
    expect(server.claims).toBe(before);
  });

  it("does not show twice what was skipped, until one asks for it", async () => {
    const { queue, ids } = await begun(2);
    queue.skip();
    queue.judge(NORMAL);
    await vi.waitFor(() => expect(queue.getView().status).toBe("finished"));
    expect(queue.getView().skipped).toBe(1);
    await queue.revisitSkipped();
    await vi.waitFor(() => expect(ids()).toEqual(["i0"]));
  });

  it("says that nothing could be claimed, and tries again when asked", async () => {
    const server = new Server(3);
    server.failing.add("claim");
    const queue = new ReviewQueue(server.ports);
    queue.start();
    await vi.waitFor(() => expect(queue.getView().status).toBe("failed"));
    server.failing.clear();
    queue.retry();
    await vi.waitFor(() => expect(queue.getView().status).toBe("ready"));
  });

  it("can be judged although a picture did not load, which can be tried again", async () => {
    const server = new Server(3);
    server.failing.add("load i0");
    const queue = new ReviewQueue(server.ports);
    queue.start();
    await vi.waitFor(() => expect(queue.getView().entries[0]?.loadError).toBeInstanceOf(Error));
    server.failing.clear();
    queue.reload("i0");
    await vi.waitFor(() => expect(queue.getView().entries[0]?.loaded).toBe("picture of i0"));
  });

  it("is finished at once if there is nothing", async () => {
    const { queue } = await begun(0);
    expect(queue.getView()).toMatchObject({ status: "finished", judged: 0 });
  });
});
