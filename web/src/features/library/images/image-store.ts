/**
 * The images' records that this page knows, each once, whoever asked for them. Lists have ids only, so a
 * change shows everywhere at once.
 *
 * Records are kept up to a number; what is missing or has links that are too old is asked for when somebody
 * wants to see it, many in one call.
 */
import type { Image } from "@/gen/argus/storage/v1/image_pb.js";
import { toDate } from "@/lib/time";

export interface ImageStoreOptions {
  /** BatchGetImages of at most 500 ids; those that do not exist are left out. */
  fetch: (ids: string[]) => Promise<Image[]>;
  most?: number;
  now?: () => number;
  /** Runs something a moment later; what is wanted until then goes into one call. */
  soon?: (work: () => void) => void;
}

const BATCH = 500;
/** Links must work a little longer. */
const MARGIN_MS = 60_000;

export class ImageStore {
  private readonly records = new Map<string, Image>();
  private readonly listeners = new Map<string, Set<() => void>>();
  private readonly wanted = new Set<string>();
  private readonly asked = new Set<string>();
  private readonly missing = new Set<string>();
  private planned = false;
  private readonly fetch: (ids: string[]) => Promise<Image[]>;
  private readonly most: number;
  private readonly now: () => number;
  private readonly soon: (work: () => void) => void;

  constructor({ fetch, most = 20_000, now = Date.now, soon = (work) => void setTimeout(work, 10) }: ImageStoreOptions) {
    this.fetch = fetch;
    this.most = most;
    this.now = now;
    this.soon = soon;
  }

  get(id: string): Image | undefined {
    return this.records.get(id);
  }

  /** Whether the server does not know the id any more. */
  isGone(id: string): boolean {
    return this.missing.has(id);
  }

  subscribe(id: string, listener: () => void): () => void {
    const set = this.listeners.get(id) ?? new Set();
    this.listeners.set(id, set.add(listener));
    return () => {
      set.delete(listener);
      if (set.size === 0) this.listeners.delete(id);
    };
  }

  /** Takes records in; what the server said later wins. */
  put(images: Iterable<Image>): void {
    for (const image of images) {
      const known = this.records.get(image.imageId);
      this.missing.delete(image.imageId);
      if (known && isOlder(image, known)) continue;
      // The last one that was put is the last to be forgotten.
      this.records.delete(image.imageId);
      this.records.set(image.imageId, image);
      this.tell(image.imageId);
    }
    this.forgetSome();
  }

  /** Changes a record before the server has; undone by `put` of what it was. */
  patch(id: string, change: (image: Image) => Image): void {
    const known = this.records.get(id);
    if (!known) return;
    this.records.set(id, change(known));
    this.tell(id);
  }

  /** Puts a record back as it was, also if it is older. */
  restore(image: Image): void {
    this.missing.delete(image.imageId);
    this.records.set(image.imageId, image);
    this.tell(image.imageId);
  }

  remove(ids: Iterable<string>): void {
    for (const id of ids) {
      this.records.delete(id);
      this.missing.add(id);
      this.tell(id);
    }
  }

  /** Says that somebody looks at these; asks for those that cannot be shown. */
  want(ids: Iterable<string>): void {
    for (const id of ids) {
      if (this.asked.has(id) || this.missing.has(id)) continue;
      const known = this.records.get(id);
      if (known && !this.hasOldLinks(known)) continue;
      this.wanted.add(id);
    }
    this.plan();
  }

  /** Asks for a record anew, for instance because its picture did not load. */
  refresh(id: string): void {
    this.wanted.add(id);
    this.plan();
  }

  private hasOldLinks(image: Image): boolean {
    const expiry = toDate(image.urlExpireTime);
    return expiry !== undefined && expiry.getTime() < this.now() + MARGIN_MS;
  }

  private plan(): void {
    if (this.planned || this.wanted.size === 0) return;
    this.planned = true;
    this.soon(() => {
      this.planned = false;
      const ids = [...this.wanted];
      this.wanted.clear();
      for (let from = 0; from < ids.length; from += BATCH) void this.ask(ids.slice(from, from + BATCH));
    });
  }

  private async ask(ids: string[]): Promise<void> {
    for (const id of ids) this.asked.add(id);
    try {
      const images = await this.fetch(ids);
      const found = new Set(images.map((image) => image.imageId));
      for (const image of images) this.restore(image);
      for (const id of ids) {
        if (found.has(id)) continue;
        this.records.delete(id);
        this.missing.add(id);
        this.tell(id);
      }
    } catch {
      // Who looks at it asks again.
    } finally {
      for (const id of ids) this.asked.delete(id);
    }
  }

  private tell(id: string): void {
    for (const listener of this.listeners.get(id) ?? []) listener();
  }

  private forgetSome(): void {
    let over = this.records.size - this.most;
    for (const id of this.records.keys()) {
      if (over <= 0) return;
      if (this.listeners.has(id)) continue;
      this.records.delete(id);
      over -= 1;
    }
  }
}

function isOlder(one: Image, other: Image): boolean {
  const [a, b] = [one.updateTime, other.updateTime];
  if (!a || !b) return false;
  return a.seconds === b.seconds ? a.nanos < b.nanos : a.seconds < b.seconds;
}
