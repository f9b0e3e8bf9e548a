/** An ImageService for tests that keeps images in memory and answers as the real one does. */
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";

import {
  type Image,
  Image_State,
  ImageSchema,
  ImageService,
  type ListImagesRequest,
  type ListImagesResponse,
  ListImagesResponseSchema,
  type ListImageMonthsResponse,
  ListImageMonthsResponseSchema,
  type WatchImagesResponse,
} from "@/gen/argus/storage/v1/image_pb.js";

export const idOf = (place: number): string => `00000000-0000-4000-8000-${String(place).padStart(12, "0")}`;

/** Places grow with age by an hour each. */
export const NEWEST_MS = Date.UTC(2026, 5, 15, 12);
const HOUR_MS = 3_600_000;

export function imageAt(place: number, more: { labels?: Record<string, string>; state?: Image_State; ms?: number } = {}): Image {
  return create(ImageSchema, {
    imageId: idOf(place),
    filename: `${place}.jpg`,
    labels: more.labels ?? {},
    state: more.state ?? Image_State.INDEXED,
    createTime: timestampFromMs(more.ms ?? NEWEST_MS - place * HOUR_MS),
  });
}

/** Images of places 0 to `count`, newest first. */
export const imagesUpTo = (count: number): Image[] => Array.from({ length: count }, (_, place) => imageAt(place));

export type Method = "list" | "months" | "get" | "label" | "update" | "delete" | "undelete";

export class FakeImages {
  readonly images = new Map<string, Image>();
  /** Each call, in order. */
  readonly calls: { method: Method; request: unknown }[] = [];
  /** Runs before an answer; may wait, or throw. */
  before: (method: Method, request: unknown) => Promise<void> | void = () => undefined;
  private updates = 0;

  constructor(images: readonly Image[] = []) {
    for (const image of images) this.images.set(image.imageId, image);
  }

  asked(method: Method): number {
    return this.calls.filter((call) => call.method === method).length;
  }

  readonly services = (router: ConnectRouter): void => {
    router.service(ImageService, {
      listImages: (request) => this.list(request),
      listImageMonths: (request) => this.months(request),
      batchGetImages: async ({ imageIds }) => {
        await this.call("get", imageIds);
        return { images: imageIds.flatMap((id) => this.images.get(id) ?? []) };
      },
      batchUpdateLabels: async (request) => {
        await this.call("label", request);
        const images = request.imageIds.map((id) =>
          this.change(id, (image) => {
            const labels = { ...image.labels, ...request.set };
            return { ...image, labels: Object.fromEntries(Object.entries(labels).filter(([key]) => !request.remove.includes(key))) };
          }),
        );
        return { images };
      },
      updateImage: async (request) => {
        await this.call("update", request);
        const { image, updateMask } = request;
        return this.change(image?.imageId ?? "", (known) => ({
          ...known,
          ...(updateMask?.paths.includes("filename") && { filename: image?.filename ?? "" }),
          ...(updateMask?.paths.includes("note") && { note: image?.note ?? "" }),
          ...(updateMask?.paths.includes("labels") && { labels: image?.labels ?? {} }),
        }));
      },
      batchDeleteImages: async (request) => {
        await this.call("delete", request);
        for (const id of request.imageIds) {
          if (request.permanently) this.images.delete(id);
          else this.change(id, (image) => ({ ...image, deleteTime: timestampFromMs(NEWEST_MS) }));
        }
        return {};
      },
      batchUndeleteImages: async (request) => {
        await this.call("undelete", request);
        return {
          images: request.imageIds.map((id) => this.change(id, ({ deleteTime: _gone, ...image }) => image)),
        };
      },
      listLabels: () => {
        const values = new Map<string, Map<string, bigint>>();
        for (const { labels } of this.images.values()) {
          for (const [key, value] of Object.entries(labels)) {
            const counts = values.get(key) ?? new Map<string, bigint>();
            values.set(key, counts.set(value, (counts.get(value) ?? 0n) + 1n));
          }
        }
        return {
          keys: [...values].map(([key, counts]) => ({
            key,
            imageCount: [...counts.values()].reduce((sum, count) => sum + count, 0n),
            values: [...counts].map(([value, imageCount]) => ({ value, imageCount })),
          })),
        };
      },
    });
  };

  /** Pages by the last image's id, so that they go on rightly whatever changed. */
  list = async (request: Pick<ListImagesRequest, "filter" | "deleted" | "orderBy"> & Partial<ListImagesRequest>): Promise<ListImagesResponse> => {
    await this.call("list", request);
    const all = this.fitting(request.filter, request.deleted);
    if (request.orderBy !== "create_time desc") all.reverse();
    const begin = request.pageToken ? all.findIndex(({ imageId }) => imageId === request.pageToken) + 1 : 0;
    const images = all.slice(begin, begin + (request.pageSize || 100));
    return create(ListImagesResponseSchema, {
      images,
      nextPageToken: begin + images.length < all.length ? (images.at(-1)?.imageId ?? "") : "",
      totalSize: request.withTotal ? BigInt(all.length) : 0n,
    });
  };

  /** Months of UTC. */
  months = async (request: { filter: string }): Promise<ListImageMonthsResponse> => {
    await this.call("months", request);
    const counts = new Map<string, { year: number; month: number; imageCount: bigint }>();
    for (const image of this.fitting(request.filter, false)) {
      const date = new Date(msOf(image));
      const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + 1];
      const key = `${year}-${month}`;
      counts.set(key, { year, month, imageCount: (counts.get(key)?.imageCount ?? 0n) + 1n });
    }
    return create(ListImageMonthsResponseSchema, {
      months: [...counts.values()].map((each) => ({
        ...each,
        startTime: timestampFromMs(Date.UTC(each.year, each.month - 1, 1)),
        endTime: timestampFromMs(Date.UTC(each.year, each.month, 1)),
      })),
    });
  };

  private change(id: string, change: (image: Image) => Omit<Image, "deleteTime"> & { deleteTime?: Image["deleteTime"] }): Image {
    const known = this.images.get(id);
    if (!known) throw new ConnectError("no such image", Code.NotFound);
    this.updates += 1;
    const image = create(ImageSchema, { ...change(known), updateTime: timestampFromMs(NEWEST_MS + this.updates) });
    this.images.set(id, image);
    return image;
  }

  private async call(method: Method, request: unknown): Promise<void> {
    this.calls.push({ method, request });
    await this.before(method, request);
  }

  /** Newest first. */
  private fitting(filter: string, deleted: boolean | undefined): Image[] {
    const terms = filter === "" ? [] : filter.split(" AND ").map(termOf);
    return [...this.images.values()]
      .filter((image) => (deleted ?? false) === (image.deleteTime !== undefined) && terms.every((term) => term(image)))
      .sort((one, other) => msOf(other) - msOf(one) || (one.imageId < other.imageId ? 1 : -1));
  }
}

/** A stream of changes that a test writes. */
export class FakeStream {
  private readonly waiting: (WatchImagesResponse | Error | undefined)[] = [];
  private wake: () => void = () => undefined;

  push(message: WatchImagesResponse | Error | undefined): void {
    this.waiting.push(message);
    this.wake();
  }

  async *read(signal: AbortSignal): AsyncGenerator<WatchImagesResponse> {
    for (;;) {
      if (signal.aborted) throw new ConnectError("aborted", Code.Canceled);
      if (this.waiting.length === 0) {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
          signal.addEventListener("abort", () => resolve());
        });
        continue;
      }
      const next = this.waiting.shift();
      if (next instanceof Error) throw next;
      if (!next) return;
      yield next;
    }
  }
}

export function unavailable(): ConnectError {
  return new ConnectError("down", Code.Internal);
}

const msOf = ({ createTime }: Image): number => Number(createTime?.seconds ?? 0n) * 1000 + (createTime?.nanos ?? 0) / 1e6;

/** The part of AIP-160 that the page speaks; anything else is refused. */
function termOf(term: string): (image: Image) => boolean {
  const state = /^(NOT )?state = ([A-Z]+)$/.exec(term);
  if (state) return (image) => (Image_State[image.state] === state[2]) !== (state[1] !== undefined);
  const has = /^labels:([a-z0-9_.-]+)$/.exec(term);
  if (has) return (image) => image.labels[has[1] ?? ""] !== undefined;
  const label = /^labels\.([a-z0-9_.-]+) = "(.*)"$/.exec(term);
  if (label) return (image) => image.labels[label[1] ?? ""] === label[2]?.replace(/\\(.)/g, "$1");
  const name = /^filename = "(.*)"$/.exec(term);
  if (name) return (image) => image.filename === name[1]?.replace(/\\(.)/g, "$1");
  const time = /^create_time (<=|>=|<) "([^"]+)Z"$/.exec(term);
  if (time) {
    const [whole = "", micros] = [time[2]?.slice(0, 23), time[2]?.slice(23) || "0"];
    const at = Date.parse(`${whole}Z`) + Number(micros) / 1000;
    return (image) => (time[1] === "<" ? msOf(image) < at : time[1] === "<=" ? msOf(image) <= at : msOf(image) >= at);
  }
  throw new ConnectError(`not a filter: ${term}`, Code.InvalidArgument);
}
