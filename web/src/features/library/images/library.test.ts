import { create } from "@bufbuild/protobuf";
import { createRouterTransport } from "@connectrpc/connect";
import { describe, expect, it, vi } from "vitest";

import { type BatchDeleteImagesRequest, type Image, Image_State, ImageSchema } from "@/gen/argus/storage/v1/image_pb.js";

import { EVERYTHING, type LibraryQuery } from "../filter";
import { FakeImages, idOf, imageAt, imagesUpTo, type Method, unavailable } from "./fake-images";
import type { ImageList } from "./image-list";
import { batches, inverses, labelled, Library } from "./library";

const ON_LINE_3: LibraryQuery = { ...EVERYTHING, labels: [{ key: "line", value: "3" }] };
const TRASH: LibraryQuery = { ...EVERYTHING, trash: true };

async function opened(images: readonly Image[], queries: readonly LibraryQuery[] = [EVERYTHING]) {
  const fake = new FakeImages(images);
  const library = new Library(createRouterTransport(fake.services));
  const lists = queries.map((query) => library.list(query));
  for (const list of lists) {
    list.subscribe(() => undefined);
    await list.start();
  }
  return { fake, library, list: library.list(queries[0] ?? EVERYTHING) };
}

/** Answers of a method wait until `let go` is called; then they come, or fail. */
function held(fake: FakeImages, method: Method) {
  let settle: (error?: Error) => void = () => undefined;
  const gate = new Promise<Error | undefined>((resolve) => (settle = resolve));
  fake.before = async (called) => {
    if (called !== method) return;
    const error = await gate;
    if (error) throw error;
  };
  return { letGo: () => settle(), fail: () => settle(unavailable()) };
}

const shown = (list: ImageList): string[] => list.loadedIds();
const ids = (...places: number[]): string[] => places.map(idOf);
const labels = (library: Library, place: number) => library.store.get(idOf(place))?.labels;

describe("labels of images", () => {
  it("are set and removed; setting wins", () => {
    expect(labelled({ a: "1", b: "2" }, { set: { c: "3", b: "" }, remove: ["a"] })).toEqual({ b: "", c: "3" });
    expect(labelled({ a: "1" }, { set: {}, remove: ["x"] })).toEqual({ a: "1" });
  });

  it("have ways back, one for all images that had the same", () => {
    const images = [imageAt(0, { labels: { line: "3" } }), imageAt(1), imageAt(2, { labels: { line: "3", other: "x" } }), imageAt(3, { labels: { old: "" } })];
    const back = inverses(images, { set: { line: "4" }, remove: ["old"] });
    expect(back.map(([group, change]) => [group.map(({ imageId }) => imageId), change])).toEqual([
      [ids(0, 2), { set: { line: "3" }, remove: ["old"] }],
      [ids(1), { set: {}, remove: ["line", "old"] }],
      [ids(3), { set: { old: "" }, remove: ["line"] }],
    ]);
    for (const [group, change] of back) {
      for (const image of group) {
        expect(labelled(labelled(image.labels, { set: { line: "4" }, remove: ["old"] }), change)).toEqual(image.labels);
      }
    }
  });

  it("show before the server has answered, and are as they were when it refuses", async () => {
    const { fake, library } = await opened([imageAt(0, { labels: { line: "3" } }), imageAt(1)], [EVERYTHING, ON_LINE_3]);
    const all = library.list(EVERYTHING);
    const onLine3 = library.list(ON_LINE_3);
    const call = held(fake, "label");
    const done = library.label(ids(0, 1), { set: { line: "4" }, remove: [] });
    const failed = expect(done).rejects.toThrow("down");
    await vi.waitFor(() => expect(labels(library, 1)).toEqual({ line: "4" }));
    expect([shown(all), shown(onLine3)]).toEqual([ids(0, 1), []]);
    call.fail();
    await failed;
    expect([labels(library, 0), labels(library, 1)]).toEqual([{ line: "3" }, {}]);
    expect([shown(all), shown(onLine3)]).toEqual([ids(0, 1), ids(0)]);
  });

  it("are each as they were after an undo", async () => {
    const { fake, library } = await opened([imageAt(0, { labels: { line: "3", keep: "x" } }), imageAt(1), imageAt(2, { labels: { line: "4" } })]);
    const undo = await library.label(ids(0, 1, 2), { set: { line: "9" }, remove: ["keep"] });
    expect([0, 1, 2].map((place) => fake.images.get(idOf(place))?.labels)).toEqual([{ line: "9" }, { line: "9" }, { line: "9" }]);
    await undo();
    const former = [{ line: "3", keep: "x" }, {}, { line: "4" }];
    expect([0, 1, 2].map((place) => fake.images.get(idOf(place))?.labels)).toEqual(former);
    expect([0, 1, 2].map((place) => labels(library, place))).toEqual(former);
  });

  it("are changed 500 at a time; what was changed before a failure stays", async () => {
    const { fake, library, list } = await opened(imagesUpTo(700));
    await list.ensure(0, 699);
    fake.before = (method) => {
      if (method === "label" && fake.asked("label") === 2) throw unavailable();
    };
    await expect(library.label(shown(list), { set: { line: "1" }, remove: [] })).rejects.toThrow("down");
    expect([labels(library, 0), labels(library, 499), labels(library, 500), labels(library, 699)]).toEqual([{ line: "1" }, { line: "1" }, {}, {}]);
    expect([...batches(ids(1, 2, 3), 2)]).toEqual([ids(1, 2), ids(3)]);
  });

  it("are asked for where an image is not known, so that they can come back", async () => {
    const { fake, library } = await opened([]);
    fake.images.set(idOf(5), imageAt(5, { labels: { line: "7" } }));
    const undo = await library.label(ids(5), { set: { line: "8" }, remove: [] });
    await undo();
    expect(fake.images.get(idOf(5))?.labels).toEqual({ line: "7" });
  });
});

describe("an image's name", () => {
  it("shows at once, and is the former again when the server refuses", async () => {
    const { fake, library } = await opened(imagesUpTo(2));
    const call = held(fake, "update");
    const failed = expect(library.update(idOf(0), { filename: "new.jpg" })).rejects.toThrow("down");
    expect(library.store.get(idOf(0))?.filename).toBe("new.jpg");
    call.fail();
    await failed;
    expect(library.store.get(idOf(0))?.filename).toBe("0.jpg");
    fake.before = () => undefined;
    await library.update(idOf(0), { filename: "other.jpg" });
    expect(fake.images.get(idOf(0))?.filename).toBe("other.jpg");
  });
});

describe("deleting", () => {
  it("shows before the server has answered, and is taken back when it refuses", async () => {
    const { fake, library, list } = await opened(imagesUpTo(4));
    const call = held(fake, "delete");
    const failed = expect(library.delete(ids(1, 2))).rejects.toThrow("down");
    expect([shown(list), list.getView().total]).toEqual([ids(0, 3), 2]);
    call.fail();
    await failed;
    expect([shown(list), list.getView().total]).toEqual([ids(0, 1, 2, 3), 4]);
  });

  it("brings back only what is not deleted when it fails half way", async () => {
    const { fake, library, list } = await opened(imagesUpTo(700));
    await list.ensure(0, 699);
    fake.before = (method) => {
      if (method === "delete" && fake.asked("delete") === 2) throw unavailable();
    };
    await expect(library.delete(shown(list))).rejects.toThrow("down");
    expect(shown(list)).toEqual(imagesUpTo(700).slice(500).map(({ imageId }) => imageId));
    expect(list.getView().total).toBe(200);
  });

  it("is in the trash, and back from there in its place", async () => {
    const { library } = await opened(imagesUpTo(4), [EVERYTHING, TRASH]);
    const all = library.list(EVERYTHING);
    const trash = library.list(TRASH);
    await library.delete(ids(1, 2));
    expect(library.store.isGone(idOf(1))).toBe(true);
    await vi.waitFor(() => expect(shown(trash)).toEqual(ids(1, 2)));
    await library.undelete(ids(2));
    expect([shown(all), shown(trash)]).toEqual([ids(0, 2, 3), ids(1)]);
    expect(library.store.isGone(idOf(2))).toBe(false);
  });

  it("is undone also where the list is not loaded on both sides", async () => {
    const { library, list } = await opened(imagesUpTo(700));
    const edge = shown(list).length - 1;
    await library.delete(ids(edge));
    await library.undelete(ids(edge));
    expect(list.getView().total).toBe(700);
    await list.ensure(0, 699);
    expect(shown(list)).toEqual(imagesUpTo(700).map(({ imageId }) => imageId));
  });

  it("stays in the trash when bringing back fails", async () => {
    const { fake, library } = await opened(imagesUpTo(3), [EVERYTHING, TRASH]);
    const trash = library.list(TRASH);
    await library.delete(ids(0, 1));
    await vi.waitFor(() => expect(shown(trash)).toEqual(ids(0, 1)));
    fake.before = (method) => {
      if (method === "undelete") throw unavailable();
    };
    await expect(library.undelete(ids(0))).rejects.toThrow("down");
    await vi.waitFor(() => expect(shown(trash)).toEqual(ids(0, 1)));
  });

  it("for ever leaves nothing, and leaves all when it fails", async () => {
    const { fake, library } = await opened(imagesUpTo(3), [EVERYTHING, TRASH]);
    const trash = library.list(TRASH);
    await library.delete(ids(0, 1));
    await vi.waitFor(() => expect(shown(trash)).toEqual(ids(0, 1)));
    const call = held(fake, "delete");
    const failed = expect(library.purge(ids(0))).rejects.toThrow("down");
    expect(shown(trash)).toEqual(ids(1));
    call.fail();
    await failed;
    expect(shown(trash)).toEqual(ids(0, 1));
    fake.before = () => undefined;
    await library.purge(ids(0));
    expect((fake.calls.at(-1)?.request as BatchDeleteImagesRequest).permanently).toBe(true);
    expect([shown(trash), fake.images.has(idOf(0))]).toEqual([ids(1), false]);
  });
});

describe("what the server tells", () => {
  it("shows in each list that it fits, and in no other", async () => {
    const { library } = await opened([imageAt(1)], [EVERYTHING, ON_LINE_3]);
    const all = library.list(EVERYTHING);
    const onLine3 = library.list(ON_LINE_3);
    library.takeImage(imageAt(0, { state: Image_State.PENDING }));
    expect(shown(all)).toEqual(ids(1));
    library.takeImage(imageAt(0, { state: Image_State.UPLOADED }));
    expect([shown(all), shown(onLine3)]).toEqual([ids(0, 1), []]);
    library.takeImage(imageAt(0, { labels: { line: "3" } }));
    expect([shown(all), shown(onLine3)]).toEqual([ids(0, 1), ids(0)]);
    library.takeGone(ids(0));
    library.takeGone(ids(0));
    expect([shown(all), shown(onLine3)]).toEqual([ids(1), []]);
  });

  it("tells those who show labels", async () => {
    const { library } = await opened([imageAt(1)]);
    const told = vi.fn();
    const stop = library.onLabels(told);
    library.takeImage(create(ImageSchema, { ...imageAt(1), filename: "x" }));
    expect(told).not.toHaveBeenCalled();
    library.takeImage(imageAt(1, { labels: { a: "b" } }));
    expect(told).toHaveBeenCalledTimes(1);
    stop();
    library.takeGone(ids(1));
    expect(told).toHaveBeenCalledTimes(1);
  });
});

describe("lists", () => {
  it("are kept for a while, and as long as somebody looks", async () => {
    const { library, list } = await opened([imageAt(1)]);
    const other = library.list(ON_LINE_3);
    expect(library.list(ON_LINE_3)).toBe(other);
    for (let line = 10; line < 20; line += 1) library.list({ ...EVERYTHING, labels: [{ key: "line", value: String(line) }] });
    expect(library.list(EVERYTHING)).toBe(list);
    expect(library.list(ON_LINE_3)).not.toBe(other);
  });
});
