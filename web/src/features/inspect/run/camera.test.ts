import { describe, expect, it, vi } from "vitest";

import { FramePacer, problemOf } from "./camera";

describe("a camera's pace", () => {
  it("is the interval, and never two at once", async () => {
    let finish: () => void = () => undefined;
    const shoot = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)));
    const pacer = new FramePacer(shoot);
    expect(pacer.tick(0, 1000)).toBe(true);
    expect(pacer.tick(5000, 1000)).toBe(false);
    expect(pacer.now(5000)).toBe(false);
    finish();
    await vi.waitFor(() => expect(pacer.busy).toBe(false));
    expect(pacer.tick(5000, 1000)).toBe(true);
    finish();
    await vi.waitFor(() => expect(pacer.busy).toBe(false));
    expect(pacer.tick(5999, 1000)).toBe(false);
    expect(pacer.tick(6000, 1000)).toBe(true);
    expect(shoot).toHaveBeenCalledTimes(3);
  });

  it("is by hand at an interval of 0", () => {
    const pacer = new FramePacer(() => Promise.resolve());
    expect(pacer.tick(1e9, 0)).toBe(false);
    expect(pacer.now(1e9)).toBe(true);
  });
});

it.each([
  ["NotAllowedError", "denied"],
  ["NotFoundError", "none"],
  ["NotReadableError", "busy"],
  ["TypeError", "failed"],
])("a camera that fails with %s is %s", (name, problem) => {
  expect(problemOf(Object.assign(new Error(), { name }))).toBe(problem);
});
