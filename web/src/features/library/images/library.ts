/**
 * What this tab knows of a person's images: records, lists, and changes to them that show before the server
 * has answered. One for each person who is signed in.
 */
import { create } from "@bufbuild/protobuf";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import { type Client, createClient, type Transport } from "@connectrpc/connect";

import { type Image, Image_State, ImageSchema, ImageService, type WatchImagesResponse } from "@/gen/argus/storage/v1/image_pb.js";

import { keyOf, type LibraryQuery } from "../filter";
import { sameLabels } from "../labels/label-rules";
import { ImageList } from "./image-list";
import { ImageStore } from "./image-store";
import { Live } from "./live";

/** Images that one call takes. */
export const BATCH = 500;
const MOST_LISTS = 6;
const MOMENT_MS = 40;

export interface LabelChange {
  set: Readonly<Record<string, string>>;
  remove: readonly string[];
}

export class Library {
  readonly client: Client<typeof ImageService>;
  readonly store: ImageStore;
  readonly live: Live;
  private readonly lists = new Map<string, ImageList>();
  private readonly heard: WatchImagesResponse[] = [];
  private hearing: ReturnType<typeof setTimeout> | undefined;
  private readonly labelListeners = new Set<() => void>();

  constructor(transport: Transport) {
    this.client = createClient(ImageService, transport);
    this.store = new ImageStore({ fetch: async (imageIds) => (await this.client.batchGetImages({ imageIds })).images });
    this.live = new Live({
      watch: (request, options) => this.client.watchImages(request, options),
      onChange: (message) => this.take(message),
      onGap: () => this.compare(),
    });
  }

  /** The list of a query; the same while it is looked at, and a while after. */
  list(query: LibraryQuery): ImageList {
    const key = keyOf(query);
    const list = this.lists.get(key) ?? new ImageList(query, this.client, this.store);
    this.lists.delete(key);
    this.lists.set(key, list);
    for (const [other, old] of this.lists) {
      if (this.lists.size <= MOST_LISTS) break;
      if (!old.watched && other !== key) this.lists.delete(other);
    }
    return list;
  }

  /** Told when labels may have changed. */
  onLabels = (listener: () => void): (() => void) => {
    this.labelListeners.add(listener);
    return () => this.labelListeners.delete(listener);
  };

  /** What the server said of an image. */
  takeImage(image: Image): void {
    const before = this.knownOf(image);
    this.store.put([image]);
    const now = this.store.get(image.imageId) ?? image;
    this.applied(now, before);
  }

  /** What is gone, or was never there. */
  takeGone(ids: readonly string[]): void {
    for (const list of this.lists.values()) if (!list.query.trash) list.remove(ids);
    // The trash has it now, or nothing has.
    for (const list of this.lists.values()) if (list.query.trash && list.watched) void list.relist();
    this.forgetTrash();
    this.store.remove(ids);
    this.tellLabels();
  }

  /** Renames an image, or changes its labels or its note. Rejects with the server's error; nothing is changed then. */
  async update(id: string, change: { filename?: string; labels?: Record<string, string>; note?: string }): Promise<void> {
    const before = this.store.get(id);
    this.patched([id], (image) => ({ ...image, ...change }));
    try {
      const paths = Object.keys(change);
      const image = create(ImageSchema, { imageId: id, etag: before?.etag ?? "", ...change });
      this.takeImage(await this.client.updateImage({ image, updateMask: { paths } }));
    } catch (error) {
      if (before) this.restored([before]);
      this.store.refresh(id);
      throw error;
    }
    if (change.labels) this.tellLabels();
  }

  /**
   * Sets and removes labels. Answers how to undo it. Rejects with the server's error; what was changed until
   * then stays, the rest is as it was.
   */
  async label(ids: readonly string[], change: LabelChange): Promise<() => Promise<void>> {
    const before = await this.records(ids);
    this.patched(ids, (image) => ({ ...image, labels: labelled(image.labels, change) }));
    const done: Image[] = [];
    try {
      for (const batch of batches(ids)) {
        const { images } = await this.client.batchUpdateLabels({ imageIds: batch, set: { ...change.set }, remove: [...change.remove] });
        for (const image of images) this.takeImage(image);
        done.push(...before.filter((image) => batch.includes(image.imageId)));
      }
    } catch (error) {
      const kept = new Set(done.map((image) => image.imageId));
      this.restored(before.filter((image) => !kept.has(image.imageId)));
      throw error;
    } finally {
      this.tellLabels();
    }
    return async () => {
      for (const [images, back] of inverses(before, change)) await this.label(images.map(({ imageId }) => imageId), back);
    };
  }

  /**
   * Deletes images; they can be brought back for a while. Rejects with the server's error; those that are not
   * deleted are back then.
   */
  async delete(ids: readonly string[]): Promise<void> {
    const lists = [...this.lists.values()].filter((list) => !list.query.trash);
    this.takeGone(await this.takenOut(ids, lists, (imageIds) => this.client.batchDeleteImages({ imageIds })));
  }

  /** Brings deleted images back. Rejects with the server's error; those that are not back are in the trash then. */
  async undelete(ids: readonly string[]): Promise<void> {
    for (const list of this.lists.values()) if (list.query.trash) list.remove(ids);
    try {
      for (const batch of batches(ids)) {
        const { images } = await this.client.batchUndeleteImages({ imageIds: batch });
        for (const image of images) {
          const before = this.knownOf(image);
          this.store.restore(image);
          this.applied(image, before);
        }
      }
    } finally {
      this.forgetTrash();
      this.tellLabels();
      for (const list of this.lists.values()) if (list.query.trash && list.watched) await list.relist();
    }
  }

  /** Deletes for ever. Rejects with the server's error; those that are not deleted are back then. */
  async purge(ids: readonly string[]): Promise<void> {
    const lists = [...this.lists.values()];
    const purge = (imageIds: string[]): Promise<unknown> => this.client.batchDeleteImages({ imageIds, permanently: true });
    this.store.remove(await this.takenOut(ids, lists, purge));
  }

  /** Records of images, asking for those that are not here. Those that do not exist are left out. */
  async records(ids: readonly string[]): Promise<Image[]> {
    const missing = ids.filter((id) => !this.store.get(id));
    for (const batch of batches(missing)) this.store.put((await this.client.batchGetImages({ imageIds: batch })).images);
    return ids.flatMap((id) => this.store.get(id) ?? []);
  }

  /** Takes images out of lists while they are deleted, many at a time; back in when that fails. Answers the ids. */
  private async takenOut(ids: readonly string[], lists: readonly ImageList[], call: (ids: string[]) => Promise<unknown>): Promise<readonly string[]> {
    const all = [...batches(ids)];
    // Each batch can come back alone; the last that went comes first, so that all find their places.
    const back = all.map((batch) => lists.map((list) => list.remove(batch)));
    let done = 0;
    try {
      for (const batch of all) {
        await call(batch);
        done += 1;
      }
    } catch (error) {
      for (const restores of back.slice(done).reverse()) for (const restore of restores) restore();
      if (done > 0) this.takeGone(all.slice(0, done).flat());
      throw error;
    }
    return ids;
  }

  /** What is known of an image until now: one that was gone was in no list. */
  private knownOf(image: Image): Image | undefined {
    const known = this.store.get(image.imageId);
    if (known || !this.store.isGone(image.imageId)) return known;
    return { ...image, deleteTime: image.deleteTime ?? create(TimestampSchema) };
  }

  /** Changes come in bursts; what comes within a moment is shown at once. */
  private take(message: WatchImagesResponse): void {
    this.heard.push(message);
    this.hearing ??= setTimeout(() => {
      this.hearing = undefined;
      let gone: string[] = [];
      for (const { change } of this.heard.splice(0)) {
        if (change.case === "deletedImageId") gone.push(change.value);
        else if (change.case === "image") {
          // One that was deleted may be back.
          if (gone.length > 0) this.takeGone(gone);
          gone = [];
          this.takeImage(change.value);
        }
      }
      if (gone.length > 0) this.takeGone(gone);
    }, MOMENT_MS);
  }

  private applied(image: Image, before: Image | undefined): void {
    for (const list of this.lists.values()) list.apply(image, before);
    if (image.state !== Image_State.PENDING && !sameLabels(image.labels, before?.labels ?? {})) this.tellLabels();
  }

  private patched(ids: readonly string[], change: (image: Image) => Image): void {
    for (const id of ids) {
      const before = this.store.get(id);
      this.store.patch(id, change);
      const now = this.store.get(id);
      if (now && before) for (const list of this.lists.values()) list.apply(now, before);
    }
  }

  private restored(images: readonly Image[]): void {
    for (const image of images) {
      const before = this.store.get(image.imageId);
      this.store.restore(image);
      for (const list of this.lists.values()) list.apply(image, before);
    }
  }

  private compare(): void {
    for (const [key, list] of this.lists) {
      if (!list.watched) this.lists.delete(key);
      else if (list.isLoaded) void list.relist();
    }
    this.tellLabels();
  }

  /** Lists of deleted images are made anew when somebody looks at them again. */
  private forgetTrash(): void {
    for (const [key, list] of this.lists) if (list.query.trash && !list.watched) this.lists.delete(key);
  }

  private tellLabels(): void {
    for (const listener of this.labelListeners) listener();
  }
}

export function labelled(labels: Readonly<Record<string, string>>, { set, remove }: LabelChange): Record<string, string> {
  const kept = Object.entries(labels).filter(([key]) => !remove.includes(key));
  return { ...Object.fromEntries(kept), ...set };
}

/** What makes images have the labels again that they had; images with the same way back are together. */
export function inverses(before: readonly Image[], change: LabelChange): [Image[], LabelChange][] {
  const keys = [...new Set([...Object.keys(change.set), ...change.remove])].sort();
  const groups = new Map<string, [Image[], LabelChange]>();
  for (const image of before) {
    const had = keys.filter((key) => image.labels[key] !== undefined);
    const set = Object.fromEntries(had.map((key) => [key, image.labels[key] ?? ""]));
    const remove = keys.filter((key) => image.labels[key] === undefined);
    const name = JSON.stringify([set, remove]);
    const group = groups.get(name) ?? [[], { set, remove }];
    group[0].push(image);
    groups.set(name, group);
  }
  return [...groups.values()];
}

export function* batches(ids: readonly string[], size = BATCH): Generator<string[]> {
  for (let from = 0; from < ids.length; from += size) yield ids.slice(from, from + size);
}
