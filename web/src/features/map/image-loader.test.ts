import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, it, vi } from "vitest";

import { ImageSchema } from "@/gen/argus/storage/v1/image_pb.js";

import { ImageLoader } from "./image-loader";

const HOUR = 3_600_000;

function loader(known: (id: string) => boolean = () => true) {
  const clock = { now: 1_000_000 };
  const calls: string[][] = [];
  const gate: { fail: boolean } = { fail: false };
  const made = new ImageLoader(
    (ids) => {
      calls.push(ids);
      if (gate.fail) return Promise.reject(new Error("away"));
      const until = timestampFromMs(clock.now + HOUR);
      return Promise.resolve(ids.filter(known).map((imageId) => create(ImageSchema, { imageId, urlExpireTime: until })));
    },
    () => clock.now,
  );
  const settled = (): Promise<void> => vi.waitFor(() => expect(made).toHaveProperty("busy", false));
  return { made, calls, clock, gate, settled };
}

it("asks for all that is wanted in a turn at once, and for nothing twice", async () => {
  const { made, calls, settled } = loader();
  const told = vi.fn();
  made.subscribe(told);
  made.want(["a", "b"]);
  made.want(["b", "c"]);
  await settled();
  expect(calls).toEqual([["a", "b", "c"]]);
  expect(told).toHaveBeenCalledOnce();
  expect(made.get("b")).toMatchObject({ imageId: "b" });
  made.want(["a", "b", "c"]);
  await settled();
  expect(calls).toHaveLength(1);
});

it("asks for the last wanted first, a hundred at a time", async () => {
  const { made, calls, settled } = loader();
  made.want(Array.from({ length: 150 }, (_, index) => `i${index}`));
  await settled();
  expect(calls.map((ids) => ids.length)).toEqual([100, 50]);
  expect(calls[0]).toContain("i149");
  expect(calls[1]).toContain("i0");
});

it("knows what is gone", async () => {
  const { made, calls, settled } = loader((id) => id !== "gone");
  made.want(["gone", "there"]);
  await settled();
  expect(made.get("gone")).toBe("gone");
  made.want(["gone"]);
  expect(calls).toHaveLength(1);
});

it("asks again when links end", async () => {
  const { made, calls, clock, settled } = loader();
  made.want(["a"]);
  await settled();
  clock.now += HOUR;
  made.want(["a"]);
  expect(made.get("a")).toBeDefined();
  await settled();
  expect(calls).toEqual([["a"], ["a"]]);
});

it("pauses after a failure, and goes on", async () => {
  const { made, calls, clock, gate, settled } = loader();
  gate.fail = true;
  made.want(["a"]);
  await settled();
  gate.fail = false;
  made.want(["a"]);
  expect(calls).toHaveLength(1);
  clock.now += 10_000;
  made.want(["a"]);
  await settled();
  expect(made.get("a")).toBeDefined();
});
