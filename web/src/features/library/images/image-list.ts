/**
 * One list of the library, as long as it is on the server, of which only what somebody looks at is loaded.
 *
 * Pages follow each other by their tokens. A place far away is reached by time: how many images are created at
 * a time or after it is known of months, of what is loaded, and of answers with a total, so a few small
 * questions between two known places find the time that a place has.
 */
import { type Image, type ListImageMonthsResponse, type ListImagesResponse } from "@/gen/argus/storage/v1/image_pb.js";
import { worthRetrying } from "@/lib/errors";
import type { Order } from "@/lib/selection";

import { type LibraryQuery, matches, toFilter } from "../filter";
import { type Anchor, type Cell, Cells } from "./cells";
import type { ImageStore } from "./image-store";
import { counted, type Month, monthsOf, type MonthSection, sectionsOf } from "./months";

export interface ListCalls {
  listImages(request: {
    pageSize: number;
    pageToken?: string;
    filter: string;
    orderBy: string;
    withTotal?: boolean;
    deleted: boolean;
  }): Promise<ListImagesResponse>;
  listImageMonths(request: { filter: string; timeZone: string }): Promise<ListImageMonthsResponse>;
}

/** What a view shows of a list; another object after each change. */
export interface ListView {
  status: "loading" | "ready" | "error";
  /** Why the last page did not come; undefined if it did. */
  error: unknown;
  total: number;
  order: Order;
  sections: readonly MonthSection[];
  /** New images that wait for the person to go to the top. */
  held: number;
}

const FIRST_PAGE = 120;
const PAGE = 500;
/** A page that begins so far before a place has it. */
const REACH = 350;
const PROBES = 24;

export class ImageList {
  private readonly newestFirst: boolean;
  private readonly listeners = new Set<() => void>();
  private cells: Cells;
  private months: Month[] = [];
  private hasMonths = false;
  private readonly continuations = new Map<string, { filter: string; token: string }>();
  private held: Cell[] = [];
  private holding = false;
  /** What is here is as it was on the server; not so while it is listed anew. */
  /** Changes that came while the beginning was being loaded. */
  private readonly missed = new Map<string, Image>();
  private loaded = false;
  /** There is something to show. */
  private shows = false;
  private error: unknown;
  private view: ListView | undefined;
  private wanted: { first: number; last: number } | undefined;
  private working: Promise<void> | undefined;
  private generation = 0;
  private contradictions = 0;

  constructor(
    readonly query: LibraryQuery,
    private readonly calls: ListCalls,
    private readonly store: ImageStore,
    private readonly timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone,
  ) {
    this.newestFirst = query.order === "newest";
    this.cells = new Cells(0, this.newestFirst);
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** The same object until something changes. */
  getView = (): ListView => {
    this.view ??= {
      status: this.shows ? "ready" : this.error !== undefined ? "error" : "loading",
      error: this.error,
      total: this.cells.length,
      order: this.orderNow(),
      sections: this.hasMonths ? sectionsOf(this.months, this.query.order) : [],
      held: this.held.length,
    };
    return this.view;
  };

  /** Whether somebody looks at it. */
  get watched(): boolean {
    return this.listeners.size > 0;
  }

  get isLoaded(): boolean {
    return this.loaded;
  }

  /** Loads the beginning, unless that is done or under way. */
  start(): Promise<void> {
    if (this.loaded) return Promise.resolve();
    return this.work();
  }

  /** Forgets all that is loaded and loads what somebody looks at anew; what shows stays until then. */
  async relist(): Promise<void> {
    this.generation += 1;
    await this.working?.catch(() => undefined);
    this.loaded = false;
    await this.work(true);
  }

  /** Tries again after an error. */
  retry(): void {
    if (this.error === undefined) return;
    this.error = undefined;
    this.contradictions = 0;
    this.changed();
    void this.work();
  }

  /** Says which places are looked at; they are loaded, and some around them. */
  look(first: number, last: number): void {
    this.wanted = { first, last };
    void this.work();
  }

  /** Loads a range, both ends included, however long. `onProgress` hears how much of it is there. */
  async ensure(first: number, last: number, onProgress?: (share: number) => void): Promise<void> {
    await this.start();
    for (;;) {
      await this.working?.catch(() => undefined);
      const hole = this.cells.firstHole(first, last + 1);
      if (hole < 0) return;
      onProgress?.((hole - first) / Math.max(1, last + 1 - first));
      this.working = this.load(hole).finally(() => {
        this.working = undefined;
      });
      await this.working;
      // Somebody may look elsewhere meanwhile, and comes first.
      if (this.nextHole() >= 0) await this.work();
    }
  }

  /** Where an image is in this list, loading what is around it; -1 if it is not in it. */
  async locate(image: Image): Promise<number> {
    await this.start();
    const known = this.cells.indexOf(image.imageId);
    if (known >= 0 || !matches(this.query, image)) return known;
    await this.loadFrom(cellOf(image).at);
    this.changed();
    return this.cells.indexOf(image.imageId);
  }

  /** While held back, new images do not move what somebody looks at; letting go shows them. */
  hold(holding: boolean): void {
    this.holding = holding;
    if (!holding) this.release();
  }

  release(): void {
    if (this.held.length === 0) return;
    const held = this.held;
    this.held = [];
    for (const cell of held) this.put(cell, true);
    this.changed();
  }

  /** Takes a change in: `before` is what was known of the image until then. */
  apply(image: Image, before: Image | undefined): void {
    if (!this.loaded) {
      // The answer that is on its way may be older.
      this.missed.set(image.imageId, image);
      return;
    }
    const cell = cellOf(image);
    const fits = matches(this.query, image);
    const there = this.cells.indexOf(cell.id) >= 0;
    if (!fits) {
      if (there || this.held.some(({ id }) => id === cell.id)) this.remove([cell.id]);
      else if (before && matches(this.query, before) && this.cells.removeHole(cell)) this.count(cell.at, -1);
      else return;
      this.changed();
      return;
    }
    if (there || this.held.some(({ id }) => id === cell.id)) return;
    // In a hole there are images that nobody has seen yet; this may be one of them. Where all is loaded it is not
    // there, whatever was known of it: it may have been deleted and brought back since.
    const isNew = this.cells.search(cell).exact || (before !== undefined && !matches(this.query, before));
    if (!isNew) return;
    if (this.holding && this.newestFirst && this.cells.search(cell).index === 0) this.held.push(cell);
    else this.put(cell, false);
    this.changed();
  }

  /** Takes images out; the function puts them back where they were. */
  remove(ids: readonly string[]): () => void {
    const gone = new Set(ids);
    this.held = this.held.filter(({ id }) => !gone.has(id));
    const out = this.cells.remove(ids);
    for (const { cell } of out) this.count(cell.at, -1);
    if (out.length > 0) this.changed();
    return () => {
      for (const each of out) {
        if (this.cells.indexOf(each.cell.id) >= 0) continue;
        this.cells.putBack(each);
        this.count(each.cell.at, 1);
      }
      if (out.length > 0) this.changed();
    };
  }

  /** All ids that are loaded, in order. */
  loadedIds(): string[] {
    return this.cells.ids();
  }

  private put(cell: Cell, trusted: boolean): void {
    if (this.cells.indexOf(cell.id) >= 0) return;
    this.cells.insert(cell, trusted);
    this.count(cell.at, 1);
  }

  private count(at: number, by: number): void {
    if (this.hasMonths) this.months = counted(this.months, at, by);
  }

  private work(again = false): Promise<void> {
    if (this.error !== undefined && !again) return Promise.resolve();
    this.working ??= this.workOn().finally(() => {
      this.working = undefined;
      // Somebody may have gone elsewhere meanwhile.
      if (this.error === undefined && (!this.loaded || this.nextHole() >= 0)) void this.work();
    });
    return this.working;
  }

  private async workOn(): Promise<void> {
    try {
      if (!this.loaded) await this.loadFirst();
      for (let hole = this.nextHole(); hole >= 0; hole = this.nextHole()) await this.load(hole);
    } catch (error) {
      this.error = error;
      this.changed();
    }
  }

  /** What is looked at comes first, then what is near. */
  private nextHole(): number {
    if (!this.wanted || !this.loaded) return -1;
    const { first, last } = this.wanted;
    const shown = this.cells.firstHole(first, last + 1);
    if (shown >= 0) return shown;
    const ahead = this.cells.firstHole(last, last + PAGE / 2);
    if (ahead >= 0) return ahead;
    // Upwards a page is loaded that ends where one is.
    const behind = this.cells.firstHole(first - PAGE / 5, first);
    return behind < 0 ? -1 : behind;
  }

  private async loadFirst(): Promise<void> {
    const generation = this.generation;
    const filter = toFilter(this.query);
    const months = this.query.trash
      ? Promise.resolve(undefined)
      : this.calls.listImageMonths({ filter, timeZone: this.timeZone }).catch(() => undefined);
    const page = await persistent(() => this.list({ filter, pageSize: FIRST_PAGE, withTotal: true }));
    const counts = await months;
    if (generation !== this.generation) return;
    const total = Math.max(Number(page.totalSize), page.images.length);
    this.cells = new Cells(total, this.newestFirst);
    this.continuations.clear();
    this.held = [];
    this.months = counts ? monthsOf(counts.months) : [];
    this.hasMonths = counts !== undefined;
    this.take(0, page, filter);
    this.loaded = true;
    this.shows = true;
    this.error = undefined;
    const missed = [...this.missed.values()];
    this.missed.clear();
    for (const image of missed) this.apply(image, undefined);
    this.changed();
  }

  /** Loads the page that has a place. */
  private async load(index: number): Promise<void> {
    const generation = this.generation;
    const before = this.cells.at(index - 1);
    const next = before && this.continuations.get(before.id);
    if (next) {
      const page = await this.list({ filter: next.filter, pageSize: PAGE, pageToken: next.token });
      if (generation !== this.generation) return;
      return this.place(index, page, next.filter);
    }
    if (index === 0) {
      const filter = toFilter(this.query);
      const page = await this.list({ filter, pageSize: PAGE, withTotal: true });
      if (generation !== this.generation) return;
      return Number(page.totalSize) === this.cells.length ? this.place(0, page, filter) : this.contradicted();
    }
    const at = await this.timeBefore(index);
    if (generation !== this.generation) return;
    await this.loadFrom(at);
    // What is loaded is not what was said to be there.
    if (generation === this.generation && this.loaded && index < this.cells.length && !this.cells.at(index)) {
      await this.contradicted();
    }
  }

  /** A time of which the page from there on has a place. */
  private async timeBefore(index: number): Promise<number> {
    const { left: loadedLeft, right: loadedRight } = this.cells.anchorsAround(index);
    let { left, right } = this.monthAnchors(index);
    if (loadedLeft && (!left || loadedLeft.index >= left.index)) left = loadedLeft;
    if (loadedRight && (!right || loadedRight.index <= right.index)) right = loadedRight;
    left ??= { index: 0, at: this.newestFirst ? Date.now() * 1000 : 0 };
    right ??= { index: this.cells.length, at: await this.lastTime() };
    for (let probe = 0; probe < PROBES && index - left.index > REACH; probe += 1) {
      // Where images come evenly the first guess is good; else halving is sure.
      const aim = Math.max(left.index + 1, index - REACH / 2);
      const share = probe % 2 === 0 ? (aim - left.index) / Math.max(1, right.index - left.index) : 0.5;
      const at: number = Math.round(left.at + (right.at - left.at) * Math.min(0.99, Math.max(0.01, share)));
      if (at === left.at || at === right.at) break;
      const start = await this.countBefore(at);
      if (start <= index) left = { index: start, at };
      else right = { index: start, at };
    }
    return left.at;
  }

  /** How many images come before those of a time. */
  private async countBefore(at: number): Promise<number> {
    const page = await this.list({ filter: this.filterFrom(at), pageSize: 1, withTotal: true });
    return this.cells.length - Number(page.totalSize);
  }

  private async loadFrom(at: number): Promise<void> {
    const generation = this.generation;
    const filter = this.filterFrom(at);
    const page = await this.list({ filter, pageSize: PAGE, withTotal: true });
    if (generation !== this.generation) return;
    await this.place(this.cells.length - Number(page.totalSize), page, filter);
  }

  private async lastTime(): Promise<number> {
    const page = await this.list({
      filter: toFilter(this.query),
      pageSize: 1,
      orderBy: this.newestFirst ? "create_time asc" : "create_time desc",
    });
    const last = page.images[0];
    return last ? cellOf(last).at : 0;
  }

  private monthAnchors(index: number): { left: Anchor | undefined; right: Anchor | undefined } {
    let start = 0;
    for (const month of this.newestFirst ? this.months : [...this.months].reverse()) {
      const end = start + month.count;
      if (index < end) {
        // The time is included, and a month ends where the next begins.
        const [first, last] = this.newestFirst ? [month.end - 1, month.begin - 1] : [month.begin, month.end];
        return { left: { index: start, at: first }, right: { index: end, at: last } };
      }
      start = end;
    }
    return { left: undefined, right: undefined };
  }

  private filterFrom(at: number): string {
    const time = rfc3339(at);
    const term = this.newestFirst ? `create_time <= "${time}"` : `create_time >= "${time}"`;
    return [toFilter(this.query), term].filter(Boolean).join(" AND ");
  }

  private async list({ filter, pageSize, pageToken, withTotal, orderBy }: {
    filter: string;
    pageSize: number;
    pageToken?: string;
    withTotal?: boolean;
    orderBy?: string;
  }): Promise<ListImagesResponse> {
    const page = await this.calls.listImages({
      filter,
      pageSize,
      orderBy: orderBy ?? (this.newestFirst ? "create_time desc" : "create_time asc"),
      deleted: this.query.trash,
      ...(pageToken !== undefined && { pageToken }),
      ...(withTotal && { withTotal }),
    });
    this.store.put(page.images);
    return page;
  }

  private place(start: number, page: ListImagesResponse, filter: string): Promise<void> {
    if (page.images.length === 0 || !this.take(start, page, filter)) return this.contradicted();
    this.contradictions = 0;
    this.changed();
    return Promise.resolve();
  }

  private take(start: number, page: ListImagesResponse, filter: string): boolean {
    const cells = page.images.map(cellOf);
    if (!this.cells.place(start, cells)) return false;
    const last = cells.at(-1);
    if (last && page.nextPageToken) this.continuations.set(last.id, { filter, token: page.nextPageToken });
    return true;
  }

  /** The list is not what it was; begins anew. */
  private async contradicted(): Promise<void> {
    this.contradictions += 1;
    if (this.contradictions > 3) throw new Error("the list changes faster than it can be read");
    this.generation += 1;
    this.loaded = false;
    await this.loadFirst();
  }

  private orderNow(): Order {
    const cells = this.cells;
    return {
      length: cells.length,
      idAt: (index) => cells.at(index)?.id,
      indexOf: (id) => cells.indexOf(id),
    };
  }

  private changed(): void {
    this.view = undefined;
    for (const listener of this.listeners) listener();
  }
}

function cellOf(image: Image): Cell {
  const time = image.createTime;
  return { id: image.imageId, at: time ? Number(time.seconds) * 1e6 + Math.floor(time.nanos / 1000) : 0 };
}

/** `2026-03-01T12:00:00.123456Z` of microseconds. */
export function rfc3339(at: number): string {
  const whole = new Date(Math.floor(at / 1000)).toISOString().slice(0, 23);
  return `${whole}${String(((at % 1000) + 1000) % 1000).padStart(3, "0")}Z`;
}

async function persistent<T>(call: () => Promise<T>): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await call();
    } catch (error) {
      if (!worthRetrying(failures, error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** failures));
    }
  }
}
