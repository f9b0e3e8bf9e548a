/**
 * Gets the records of images that come into sight, many in a call. What was wanted last is asked for
 * first; one call is under way at a time, so that a fast hand does not pile calls up.
 */
import type { Image } from "@/gen/argus/storage/v1/image_pb.js";
import { toDate } from "@/lib/time";

const MOST_A_CALL = 100;
/** A signed link is renewed so long before it ends. */
const BEFORE_END_MS = 60_000;
const PAUSE_AFTER_FAILURE_MS = 5000;

/** The image; `gone` if it was deleted; undefined while it is not known. */
export type Loaded = Image | "gone" | undefined;

export class ImageLoader {
  private readonly known = new Map<string, Exclude<Loaded, undefined>>();
  private wanted = new Set<string>();
  private readonly listeners = new Set<() => void>();
  private version = 0;
  private busy = false;
  private quietUntil = 0;

  /** @param fetchImages answers those of the ids that there are */
  constructor(
    private readonly fetchImages: (ids: string[]) => Promise<readonly Image[]>,
    private readonly now: () => number = Date.now,
  ) {}

  get(id: string): Loaded {
    return this.known.get(id);
  }

  /** Asks for those that are not known, or whose links end soon. */
  want(ids: Iterable<string>): void {
    for (const id of ids) {
      if (!this.fresh(id)) {
        this.wanted.delete(id);
        this.wanted.add(id);
      }
    }
    if (this.wanted.size > 0 && !this.busy && this.now() >= this.quietUntil) void this.work();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Changes with each answer. */
  readonly getVersion = (): number => this.version;

  private fresh(id: string): boolean {
    const image = this.known.get(id);
    if (image === undefined) return false;
    const end = image === "gone" ? undefined : toDate(image.urlExpireTime);
    return end === undefined || end.getTime() - BEFORE_END_MS > this.now();
  }

  private async work(): Promise<void> {
    this.busy = true;
    // All that is wanted in this turn goes in one call.
    await Promise.resolve();
    try {
      while (this.wanted.size > 0) {
        const ids = [...this.wanted].slice(-MOST_A_CALL);
        for (const id of ids) this.wanted.delete(id);
        const images = await this.fetchImages(ids);
        for (const id of ids) this.known.set(id, "gone");
        for (const image of images) this.known.set(image.imageId, image);
        this.version += 1;
        for (const listener of this.listeners) listener();
      }
    } catch {
      // What stays in sight is wanted again; the shell says that the server is away.
      this.wanted.clear();
      this.quietUntil = this.now() + PAUSE_AFTER_FAILURE_MS;
    } finally {
      this.busy = false;
    }
  }
}
