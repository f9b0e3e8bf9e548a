/** The upload queue of a person's tab, with what it needs of the page. */
import type { Client } from "@connectrpc/connect";

import type { ImageService } from "@/gen/argus/storage/v1/image_pb.js";
import { getConnectivity, subscribeConnectivity } from "@/lib/connectivity";

import type { Library } from "../images/library";
import { FileReaderWorker } from "./file-reader";
import { type Leftover, Leftovers, markOf, markOfItem } from "./leftovers";
import { putBytes } from "./put-bytes";
import { isOver, type UploadItem } from "./upload-item";
import { UploadQueue } from "./upload-queue";

const REMEMBER_MS = 1000;
/** The server is not asked again sooner, whatever the browser says of the network. */
const RECONNECT_MS = 2000;

export class Uploads {
  readonly queue: UploadQueue;
  private readonly reader = new FileReaderWorker();
  private readonly leftovers: Leftovers;
  private before: readonly Leftover[];
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private unsubscribe: (() => void) | undefined;

  constructor(library: Library, user: string) {
    this.leftovers = new Leftovers(user);
    this.before = this.leftovers.read();
    this.queue = new UploadQueue({
      calls: {
        reserve: (request, options) => library.client.batchCreateUploads(request, options),
        complete: (request, options) => completed(library.client, library, request.imageId, options),
        put: putBytes,
        read: this.reader.read,
        label: async (ids, change) => {
          await library.label(ids, change);
        },
      },
      online: reachable,
      knownDigest: (item) => this.digestOf(item),
    });
  }

  /** Begins to write down what is open; `close` ends it. */
  open(): void {
    this.unsubscribe ??= this.queue.subscribe(() => {
      this.timer ??= setTimeout(() => this.remember(), REMEMBER_MS);
    });
  }

  subscribeLeftovers = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Files of before a reload that have not come back. */
  getLeftovers = (): readonly Leftover[] => this.before;

  forgetLeftovers(): void {
    this.setLeftovers([]);
    this.remember();
  }

  /** Writes down what is open, to be known after a reload. */
  remember(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { items } = this.queue.getSummary();
    const here = new Set(items.map(markOfItem));
    const rest = this.before.filter((left) => !here.has(markOf(left)));
    if (rest.length !== this.before.length) this.setLeftovers(rest);
    this.leftovers.write(items, rest);
  }

  close(): void {
    this.remember();
    this.unsubscribe?.();
    this.unsubscribe = undefined;
    this.queue.stop();
    this.reader.close();
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Whether something would be lost with the page. */
  get busy(): boolean {
    return !this.queue.getSummary().items.every(isOver);
  }

  private digestOf(item: UploadItem): string | undefined {
    const mark = markOfItem(item);
    return this.before.find((left) => left.sha256 !== "" && left.path === item.path && markOf(left) === mark)?.sha256;
  }

  private setLeftovers(next: readonly Leftover[]): void {
    this.before = next;
    for (const listener of this.listeners) listener();
  }
}

async function completed(client: Client<typeof ImageService>, library: Library, imageId: string, options: { signal: AbortSignal }) {
  const image = await client.completeUpload({ imageId }, options);
  // The grid shows it at once, also where the stream of changes is slow.
  library.takeImage(image);
  return image;
}

function reachable(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let early = true;
    const done = (): void => {
      clearTimeout(timer);
      unsubscribe();
      resolve();
    };
    const look = (): void => {
      if (!early && getConnectivity() === "online") done();
    };
    const timer = setTimeout(() => {
      early = false;
      look();
    }, RECONNECT_MS);
    const unsubscribe = subscribeConnectivity(look);
    signal.addEventListener("abort", done, { once: true });
  });
}
