import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it, vi } from "vitest";

import { type Image, ImageSchema } from "@/gen/argus/storage/v1/image_pb.js";

import { EVERYTHING, type LibraryQuery } from "../filter";
import { FakeImages, idOf, imageAt, imagesUpTo, NEWEST_MS } from "./fake-images";
import { ImageList, rfc3339 } from "./image-list";
import { ImageStore } from "./image-store";

const COUNT = 3000;

function listOf(images: readonly Image[], query: Partial<LibraryQuery> = {}) {
  const fake = new FakeImages(images);
  const store = new ImageStore({ fetch: () => Promise.resolve([]) });
  const calls = {
    listImages: (request: Parameters<FakeImages["list"]>[0]) => fake.list(request),
    listImageMonths: (request: { filter: string }) => fake.months(request),
  };
  const list = new ImageList({ ...EVERYTHING, ...query }, calls, store, "UTC");
  return { fake, store, list, shown: (from: number, to: number) => shown(list, from, to) };
}

const shown = (list: ImageList, from: number, to: number): (string | undefined)[] =>
  Array.from({ length: to - from }, (_, index) => list.getView().order.idAt(from + index));
const places = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, index) => idOf(from + index));
/** An image that came after all others. */
const newer = (place: number): Image => create(ImageSchema, { ...imageAt(0, { ms: NEWEST_MS + place * 1000 }), imageId: idOf(90_000 + place) });

describe("a list of the library", () => {
  it("is as long as on the server from the first page on, with its months", async () => {
    const { list, fake, shown } = listOf(imagesUpTo(COUNT));
    expect(list.getView().status).toBe("loading");
    await list.start();
    const view = list.getView();
    expect([view.status, view.total, fake.asked("list")]).toEqual(["ready", COUNT, 1]);
    expect(view.sections.reduce((sum, { count }) => sum + count, 0)).toBe(COUNT);
    expect(view.sections.map(({ key }) => key)).toEqual(["2026-06", "2026-05", "2026-04", "2026-03", "2026-02"]);
    expect(shown(0, 120)).toEqual(places(0, 120));
    expect(shown(120, 121)).toEqual([undefined]);
  });

  it.each([1500, 2100, 2980])("loads what is looked at far away: %i", async (at) => {
    const { list, fake, shown } = listOf(imagesUpTo(COUNT));
    await list.start();
    list.look(at, at + 19);
    await vi.waitFor(() => expect(shown(at, at + 20)).toEqual(places(at, at + 20)));
    expect(shown(300, 301)).toEqual([undefined]);
    expect(fake.asked("list")).toBeLessThan(12);
  });

  it("finds places where images come in bursts", async () => {
    // Ten in the first hour, then a thousand within a minute, and so on.
    const images = Array.from({ length: COUNT }, (_, place) =>
      imageAt(place, { ms: NEWEST_MS - Math.floor(place / 1000) * 20 * 86_400_000 - (place % 1000) * 60 }),
    );
    const { list, shown } = listOf(images);
    await list.start();
    for (const at of [990, 2500, 1700]) {
      list.look(at, at + 19);
      await vi.waitFor(() => expect(shown(at, at + 20)).toEqual(places(at, at + 20)));
    }
  });

  it("is as well without months", async () => {
    const { list, fake, shown } = listOf(imagesUpTo(COUNT));
    fake.before = (method) => {
      if (method === "months") throw new ConnectError("no", Code.Unimplemented);
    };
    await list.start();
    expect(list.getView().sections).toEqual([]);
    list.look(1500, 1519);
    await vi.waitFor(() => expect(shown(1500, 1520)).toEqual(places(1500, 1520)));
  });

  it("is the other way round when the oldest come first", async () => {
    const { list, shown } = listOf(imagesUpTo(COUNT), { order: "oldest" });
    await list.start();
    const backwards = places(0, COUNT).reverse();
    expect(shown(0, 120)).toEqual(backwards.slice(0, 120));
    expect(list.getView().sections[0]?.key).toBe("2026-02");
    list.look(1500, 1519);
    await vi.waitFor(() => expect(shown(1500, 1520)).toEqual(backwards.slice(1500, 1520)));
    list.apply(newer(1), undefined);
    // The end is not loaded; the place is kept for it once it is known to be new.
    await list.ensure(0, list.getView().total - 1);
    expect(shown(0, COUNT)).toEqual(backwards);
  });

  it("loads all of a range, and says how far it is", async () => {
    const { list, shown } = listOf(imagesUpTo(COUNT));
    const progress: number[] = [];
    await list.ensure(0, COUNT - 1, (share) => progress.push(share));
    expect(shown(0, COUNT)).toEqual(places(0, COUNT));
    expect(progress).toEqual([...progress].sort((one, other) => one - other));
  });

  it("finds an image, wherever it is", async () => {
    const { list, shown } = listOf(imagesUpTo(COUNT));
    expect(await list.locate(imageAt(2000))).toBe(2000);
    expect(shown(2000, 2003)).toEqual(places(2000, 2003));
    expect(await list.locate({ ...imageAt(1), deleteTime: imageAt(1).createTime })).toBe(1);
    expect(await list.locate({ ...imageAt(5000), deleteTime: imageAt(1).createTime })).toBe(-1);
  });

  it("puts new images at the top, in their month", async () => {
    const { list, shown } = listOf(imagesUpTo(COUNT));
    await list.start();
    const june = list.getView().sections[0]?.count ?? 0;
    list.apply(newer(1), undefined);
    list.apply(newer(1), undefined);
    expect(shown(0, 2)).toEqual([idOf(90_001), idOf(0)]);
    expect(list.getView()).toMatchObject({ total: COUNT + 1, held: 0 });
    expect(list.getView().sections[0]?.count).toBe(june + 1);
  });

  it("holds new images while somebody looks elsewhere, and shows them then", async () => {
    const { list, shown } = listOf(imagesUpTo(COUNT));
    await list.start();
    list.hold(true);
    list.apply(newer(1), undefined);
    list.apply(newer(2), undefined);
    list.apply(newer(3), undefined);
    list.remove([idOf(90_003)]);
    expect(list.getView()).toMatchObject({ total: COUNT, held: 2 });
    expect(shown(0, 1)).toEqual([idOf(0)]);
    list.hold(false);
    expect(list.getView()).toMatchObject({ total: COUNT + 2, held: 0 });
    expect(shown(0, 3)).toEqual([idOf(90_002), idOf(90_001), idOf(0)]);
  });

  it("drops what no longer fits its filter, and takes in what does", async () => {
    const labelled = imagesUpTo(10).map((image) => ({ ...image, labels: { line: "3" } }));
    const { list, shown } = listOf(labelled, { labels: [{ key: "line", value: "3" }] });
    await list.start();
    list.apply({ ...imageAt(4), labels: {} }, labelled[4]);
    expect(shown(3, 5)).toEqual([idOf(3), idOf(5)]);
    list.apply({ ...imageAt(4), labels: { line: "3" } }, { ...imageAt(4), labels: {} });
    expect(shown(3, 6)).toEqual(places(3, 6));
    expect(list.getView().total).toBe(10);
  });

  it("puts back what was taken out, also where only a part is loaded", async () => {
    const { list, shown } = listOf(imagesUpTo(COUNT));
    await list.start();
    list.look(1500, 1519);
    await vi.waitFor(() => expect(shown(1500, 1520)).toEqual(places(1500, 1520)));
    const before = shown(0, COUNT);
    const first = before.findIndex((id, place) => place > 500 && id !== undefined);
    const back = list.remove([idOf(first), idOf(119), idOf(1510)]);
    expect(list.getView().total).toBe(COUNT - 3);
    back();
    expect(shown(0, COUNT)).toEqual(before);
    expect(list.getView().sections.reduce((sum, { count }) => sum + count, 0)).toBe(COUNT);
  });

  it("begins anew when the server has another list by now", async () => {
    const { list, fake, shown } = listOf(imagesUpTo(COUNT));
    await list.start();
    for (const place of [3, 5, 700]) fake.images.delete(idOf(place));
    list.look(1500, 1519);
    await vi.waitFor(() => expect(shown(1500, 1501)).not.toEqual([undefined]));
    // On the way from here to there something is missing.
    await list.ensure(0, 1600);
    const left = places(0, COUNT).filter((id) => fake.images.has(id));
    expect(list.getView().total).toBe(COUNT - 3);
    expect(shown(1500, 1520)).toEqual(left.slice(1500, 1520));
    expect(shown(0, 100)).toEqual(left.slice(0, 100));
  });

  it("keeps what it shows while it is listed anew, also when something happens meanwhile", async () => {
    const { list, fake, shown } = listOf(imagesUpTo(200));
    await list.start();
    const seen = new Set<string>();
    list.subscribe(() => seen.add(list.getView().status));
    fake.before = (method) => {
      if (method === "list") list.remove([idOf(7)]);
    };
    fake.images.set(newer(1).imageId, newer(1));
    await list.relist();
    expect(shown(0, 2)).toEqual([idOf(90_001), idOf(0)]);
    expect([...seen]).toEqual(["ready"]);
  });

  it("takes in what came while it was being loaded, which the answer may not have yet", async () => {
    const { list } = listOf([]);
    const loading = list.start();
    list.apply(newer(1), undefined);
    await loading;
    expect(list.getView().total).toBe(1);
  });

  it("shows an image that was deleted unseen and is brought back", async () => {
    const images = imagesUpTo(3);
    const { list } = listOf(images.slice(1));
    await list.start();
    const back = images[0];
    if (back) list.apply(back, back);
    expect(list.getView().total).toBe(3);
    expect(list.getView().order.idAt(0)).toBe(back?.imageId);
  });

  it("keeps what it shows when it cannot be listed anew, and does so when asked again", async () => {
    const { list, fake, shown } = listOf(imagesUpTo(200));
    await list.start();
    let down = true;
    fake.before = (method) => {
      if (down && method === "list") throw new ConnectError("broken", Code.Internal);
    };
    fake.images.set(newer(1).imageId, newer(1));
    await list.relist();
    expect(list.getView()).toMatchObject({ status: "ready", total: 200 });
    expect(list.getView().error).toBeDefined();
    down = false;
    list.retry();
    await vi.waitFor(() => expect(shown(0, 2)).toEqual([idOf(90_001), idOf(0)]));
    expect(list.getView().error).toBeUndefined();
  });

  it("says why nothing came, and tries again when asked to", async () => {
    const { list, fake } = listOf(imagesUpTo(5));
    let down = true;
    fake.before = (method) => {
      if (down && method === "list") throw new ConnectError("broken", Code.Internal);
    };
    await list.start();
    expect(list.getView()).toMatchObject({ status: "error", total: 0 });
    down = false;
    list.retry();
    await vi.waitFor(() => expect(list.getView()).toMatchObject({ status: "ready", total: 5, error: undefined }));
  });

  it("keeps what is loaded when a further page does not come, and loads it when asked again", async () => {
    const { list, fake, shown } = listOf(imagesUpTo(COUNT));
    await list.start();
    let down = true;
    fake.before = () => {
      if (down) throw new ConnectError("broken", Code.Internal);
    };
    list.look(100, 140);
    await vi.waitFor(() => expect(list.getView().error).toBeDefined());
    expect(list.getView()).toMatchObject({ status: "ready", total: COUNT });
    down = false;
    list.retry();
    await vi.waitFor(() => expect(shown(120, 140)).toEqual(places(120, 140)));
  });

  it("loads what is looked at while a range is loaded", async () => {
    const { list, shown } = listOf(imagesUpTo(COUNT));
    await list.start();
    const all = list.ensure(0, 200);
    await Promise.resolve();
    list.look(2500, 2519);
    await all;
    await vi.waitFor(() => expect(shown(2500, 2520)).toEqual(places(2500, 2520)));
  });

  it("writes times to the microsecond", () => {
    expect(rfc3339(Date.UTC(2026, 2, 1) * 1000 + 1_234_056)).toBe("2026-03-01T00:00:01.234056Z");
    expect(rfc3339(Date.UTC(2026, 2, 1) * 1000 - 1)).toBe("2026-02-28T23:59:59.999999Z");
  });
});
