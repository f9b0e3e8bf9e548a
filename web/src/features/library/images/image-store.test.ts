import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, it, vi } from "vitest";

import type { Image } from "@/gen/argus/storage/v1/image_pb.js";

import { idOf, imageAt } from "./fake-images";
import { ImageStore } from "./image-store";

const NOW = 1_000_000_000;

function made(images: readonly Image[] = [], most = 100) {
  const server = new Map(images.map((image) => [image.imageId, image]));
  const asked: string[][] = [];
  const plans: (() => void)[] = [];
  let failing = false;
  const store = new ImageStore({
    fetch: (ids) => {
      asked.push(ids);
      return failing ? Promise.reject(new Error("down")) : Promise.resolve(ids.flatMap((id) => server.get(id) ?? []));
    },
    most,
    now: () => NOW,
    soon: (work) => plans.push(work),
  });
  const later = async (): Promise<void> => {
    for (const plan of plans.splice(0)) plan();
    await vi.waitFor(() => undefined);
  };
  return { store, server, asked, later, fail: (on: boolean) => (failing = on) };
}

const of = (place: number, more: Partial<Image>): Image => ({ ...imageAt(place), ...more });

describe("the store of records", () => {
  it("asks for all that is wanted in one call, once each, at most 500 at a time", async () => {
    const images = Array.from({ length: 700 }, (_, place) => imageAt(place));
    const { store, asked, later } = made(images, 1000);
    store.want([idOf(0), idOf(1)]);
    store.want([idOf(1), idOf(2)]);
    await later();
    expect(asked).toEqual([[idOf(0), idOf(1), idOf(2)]]);
    store.want(images.map(({ imageId }) => imageId));
    await later();
    expect(asked.slice(1).map(({ length }) => length)).toEqual([500, 197]);
    expect(store.get(idOf(699))?.filename).toBe("699.jpg");
  });

  it("knows what is gone and asks for it no more, until it comes back", async () => {
    const { store, asked, later } = made();
    store.want([idOf(1)]);
    await later();
    expect(store.isGone(idOf(1))).toBe(true);
    store.want([idOf(1)]);
    await later();
    expect(asked).toHaveLength(1);
    store.put([imageAt(1)]);
    expect(store.isGone(idOf(1))).toBe(false);
    store.remove([idOf(1)]);
    expect([store.get(idOf(1)), store.isGone(idOf(1))]).toEqual([undefined, true]);
  });

  it("asks again for links that stop working within a minute, and not for others", async () => {
    const { store, server, asked, later } = made();
    const old = of(1, { urlExpireTime: timestampFromMs(NOW + 59_000), thumbnailUrl: "old" });
    store.put([old, of(2, { urlExpireTime: timestampFromMs(NOW + 61_000) }), imageAt(3)]);
    server.set(idOf(1), { ...old, urlExpireTime: timestampFromMs(NOW + 3_600_000), thumbnailUrl: "new" });
    store.want([idOf(1), idOf(2), idOf(3)]);
    await later();
    expect(asked).toEqual([[idOf(1)]]);
    expect(store.get(idOf(1))?.thumbnailUrl).toBe("new");
  });

  it("asks again after a failure", async () => {
    const { store, asked, later, fail } = made([imageAt(1)]);
    fail(true);
    store.want([idOf(1)]);
    await later();
    expect([store.get(idOf(1)), store.isGone(idOf(1))]).toEqual([undefined, false]);
    fail(false);
    store.want([idOf(1)]);
    await later();
    expect(asked).toHaveLength(2);
    expect(store.get(idOf(1))).toBeDefined();
  });

  it("does not take what is older than what it has", async () => {
    const { store, server, later } = made();
    store.put([of(1, { filename: "new.jpg", updateTime: timestampFromMs(2000) })]);
    store.put([of(1, { filename: "old.jpg", updateTime: timestampFromMs(1000) })]);
    expect(store.get(idOf(1))?.filename).toBe("new.jpg");
    // An answer that was on its way when the change was told.
    server.set(idOf(1), of(1, { filename: "old.jpg", updateTime: timestampFromMs(1000) }));
    store.refresh(idOf(1));
    await later();
    expect(store.get(idOf(1))?.filename).toBe("new.jpg");
    store.restore(of(1, { filename: "old.jpg", updateTime: timestampFromMs(1000) }));
    expect(store.get(idOf(1))?.filename).toBe("old.jpg");
  });

  it("tells those who look at a record, and only them", () => {
    const { store } = made();
    const told = vi.fn();
    const stop = store.subscribe(idOf(1), told);
    store.put([imageAt(1), imageAt(2)]);
    store.patch(idOf(1), (image) => ({ ...image, filename: "x" }));
    store.remove([idOf(1)]);
    expect(told).toHaveBeenCalledTimes(3);
    stop();
    store.put([imageAt(1)]);
    expect(told).toHaveBeenCalledTimes(3);
  });

  it("forgets the oldest records that nobody looks at", () => {
    const { store } = made([], 3);
    store.subscribe(idOf(0), () => undefined);
    store.put([0, 1, 2, 3, 4].map((place) => imageAt(place)));
    expect([0, 1, 2, 3, 4].map((place) => store.get(idOf(place)) !== undefined)).toEqual([true, false, false, true, true]);
  });
});
