import { describe, expect, it, vi } from "vitest";

import { type Deed, Deeds, type TakeBack } from "./deeds";

function made(name: string, screen: string[], calls: string[]) {
  let resolve: (takeBack: TakeBack) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<TakeBack>((yes, no) => ([resolve, reject] = [yes, no]));
  const deed: Deed = {
    text: name,
    apply: () => screen.push(name),
    revert: () => screen.splice(screen.indexOf(name), 1),
    send: () => {
      calls.push(`send ${name}`);
      return promise;
    },
  };
  const arrive = (): void => resolve(() => {
      calls.push(`take back ${name}`);
      return Promise.resolve();
    });
  return { deed, arrive, resolve, reject };
}

function setUp() {
  const failed = vi.fn();
  return { screen: [] as string[], calls: [] as string[], failed, deeds: new Deeds(failed) };
}

describe("what a person does", () => {
  it("is on screen before it has arrived", () => {
    const { screen, calls, deeds } = setUp();
    deeds.run([made("a", screen, calls).deed]);
    expect(screen).toEqual(["a"]);
    expect(deeds.busy).toBe(true);
    expect(deeds.last).toBe("a");
  });

  it("can be undone, the last first, and is taken back at the server", async () => {
    const { screen, calls, deeds } = setUp();
    const [a, b] = [made("a", screen, calls), made("b", screen, calls)];
    deeds.run([a.deed]);
    deeds.run([b.deed]);
    a.arrive();
    b.arrive();
    await deeds.settled();
    expect(deeds.undo()).toBe("b");
    expect(screen).toEqual(["a"]);
    await vi.waitFor(() => expect(calls).toContain("take back b"));
    expect(deeds.undo()).toBe("a");
    expect(deeds.undo()).toBeUndefined();
  });

  it("can be undone before it has arrived; it is taken back when it has", async () => {
    const { screen, calls, deeds } = setUp();
    const a = made("a", screen, calls);
    deeds.run([a.deed]);
    deeds.undo();
    expect(screen).toEqual([]);
    expect(calls).toEqual(["send a"]);
    a.arrive();
    await vi.waitFor(() => expect(calls).toEqual(["send a", "take back a"]));
    await vi.waitFor(() => expect(deeds.busy).toBe(false));
  });

  it("goes off the screen if it fails, and is reported", async () => {
    const { screen, calls, deeds, failed } = setUp();
    const a = made("a", screen, calls);
    deeds.run([a.deed]);
    a.reject(new Error("no"));
    await vi.waitFor(() => expect(failed).toHaveBeenCalledWith(a.deed, new Error("no"), "send"));
    expect(screen).toEqual([]);
    expect(deeds.last).toBeUndefined();
  });

  it("that fails after its undo is nothing to report", async () => {
    const { screen, calls, deeds, failed } = setUp();
    const a = made("a", screen, calls);
    deeds.run([a.deed]);
    deeds.undo();
    a.reject(new Error("no"));
    await vi.waitFor(() => expect(deeds.busy).toBe(false));
    expect(failed).not.toHaveBeenCalled();
    expect(screen).toEqual([]);
  });

  it("is there again if the undo fails, and can be undone again", async () => {
    const { screen, calls, deeds, failed } = setUp();
    const a = made("a", screen, calls);
    deeds.run([a.deed]);
    a.resolve(() => Promise.reject(new Error("away")));
    await deeds.settled();
    deeds.undo();
    await vi.waitFor(() => expect(failed).toHaveBeenCalledWith(a.deed, new Error("away"), "undo"));
    expect(screen).toEqual(["a"]);
    expect(deeds.last).toBe("a");
  });

  it("as one is undone as one; one failure leaves the others", async () => {
    const { screen, calls, deeds } = setUp();
    const all = ["a", "b", "c"].map((name) => made(name, screen, calls));
    deeds.run(all.map(({ deed }) => deed));
    all[0]!.arrive();
    all[1]!.reject(new Error("no"));
    all[2]!.arrive();
    await deeds.settled();
    expect(screen).toEqual(["a", "c"]);
    deeds.undo();
    expect(screen).toEqual([]);
    await vi.waitFor(() => expect(calls).toEqual(expect.arrayContaining(["take back a", "take back c"])));
    expect(deeds.undo()).toBeUndefined();
  });
});
