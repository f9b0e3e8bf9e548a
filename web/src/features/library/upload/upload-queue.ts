/**
 * All uploads of a tab: reads files one by one, reserves what was read in batches, and sends in three lanes.
 * Failures that may pass are tried again by themselves; for all others the person has one button.
 *
 * The same bytes are sent once: of those the library has, it answers the image that is there.
 */
import type { CompleteUploadRequest, CreateUploadResponse, CreateUploadResult, Image, PresignedRequest } from "@/gen/argus/storage/v1/image_pb.js";
import { Image_State } from "@/gen/argus/storage/v1/image_pb.js";
import type { FoundFile } from "@/lib/dropped-files";
import { explain, HttpError, type Problem, sentence } from "@/lib/errors";
import { pause } from "argus-client/pause";
import { requestId } from "argus-client/request-id";
import { errorOf } from "argus-client/status-error";

import { sameLabels } from "../labels/label-rules";
import { type Limits, refusedBySize, refusedByType } from "./admission";
import type { ReadFile } from "./file-reader";
import type { PutBytes } from "./put-bytes";
import { TransferRate } from "./transfer-rate";
import { countsOf, type UploadCounts } from "./upload-counts";
import { isOver, type UploadItem, uploadItem } from "./upload-item";

/** What is sent to reserve one upload. */
export interface Reservation {
  filename: string;
  contentType: string;
  sizeBytes: bigint;
  sha256: string;
  labels: Record<string, string>;
  skipExisting: boolean;
  requestId: string;
}

export interface UploadCalls {
  reserve(request: { requests: Reservation[] }, options: { signal: AbortSignal }): Promise<{ results: CreateUploadResult[] }>;
  complete(request: Pick<CompleteUploadRequest, "imageId">, options: { signal: AbortSignal }): Promise<Image>;
  put: PutBytes;
  read: ReadFile;
  /** Changes labels of images that are there already. */
  label(ids: string[], change: { set: Record<string, string>; remove: string[] }): Promise<void>;
}

export interface UploadOptions {
  calls: UploadCalls;
  /** Resolves once it may go on after so many milliseconds, or at once when the signal aborts. */
  pause?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Resolves once the server can be reached. */
  online?: (signal: AbortSignal) => Promise<void>;
  /** Runs something soon; changes until then are told together. */
  soon?: (work: () => void) => void;
  now?: () => number;
  /** A digest that is known of a file from before a reload. */
  knownDigest?: (item: UploadItem) => string | undefined;
}

export interface UploadSummary extends UploadCounts {
  items: readonly UploadItem[];
  /** Bytes a second over the last seconds; 0 if nothing is known. */
  rate: number;
  paused: boolean;
  /** Waits for the server to be reachable. */
  waiting: boolean;
  /** Why it stopped by itself, or could not label everything; empty if neither. */
  problem: string;
}

const LANES = 3;
const BATCH = 50;
/** So much is read ahead of the lanes. */
const MOST_READ = 150;
const ATTEMPTS = 5;

export class UploadQueue {
  private items: UploadItem[] = [];
  private readonly uploads = new Map<UploadItem, PresignedRequest>();
  private readonly byDigest = new Map<string, UploadItem>();
  private readonly aborts = new Map<UploadItem, AbortController>();
  private limits: Limits | undefined;
  private labels: Record<string, string> = {};
  /** Images that are there and lack labels. */
  private readonly unlabelled = new Set<string>();
  private labelling = false;
  private problem = "";
  private reading = false;
  private reserving = false;
  private lanes = 0;
  private paused = false;
  private waits = 0;
  private stopped = new AbortController();
  private readonly listeners = new Set<() => void>();
  private summary: UploadSummary | undefined;
  private planned = false;
  private readonly rate: TransferRate;

  constructor(private readonly options: UploadOptions) {
    this.rate = new TransferRate(options.now);
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** The same object until something changes. */
  getSummary = (): UploadSummary => {
    this.summary ??= this.summarize();
    return this.summary;
  };

  /** What the installation takes. What is known not to fit is not sent. */
  setLimits(limits: Limits | undefined): void {
    this.limits = limits;
    for (const item of this.items) {
      if ((item.state !== "waiting" && item.state !== "read") || this.uploads.has(item)) continue;
      const reason = refusedBySize(item, limits) ?? (item.state === "read" ? refusedByType(item.contentType, limits) : undefined);
      if (reason) this.ended(item, "refused", reason);
    }
    this.changed();
  }

  /**
   * Labels that all files of the queue get, also those that are there already. What was added with a label that
   * is taken back loses it; what was in the library before keeps all it has. Rejects if that cannot be done.
   */
  async setLabels(labels: Record<string, string>): Promise<void> {
    const remove = Object.keys(this.labels).filter((key) => labels[key] === undefined);
    this.labels = labels;
    for (const item of this.items) {
      // A reservation with other labels is another one.
      if (item.state === "waiting" || (item.state === "read" && !this.uploads.has(item))) item.requestId = requestId();
      if ((item.state === "done" || item.state === "existing") && item.imageId) this.unlabelled.add(item.imageId);
    }
    this.changed();
    const added = idsOf(this.items, "done");
    if (remove.length > 0 && added.length > 0) await this.options.calls.label(added, { set: {}, remove });
    await this.labelOn();
  }

  getLabels(): Readonly<Record<string, string>> {
    return this.labels;
  }

  /** Takes files in. */
  add(files: readonly FoundFile[]): void {
    if (this.items.every(isOver)) {
      // What is over and was fine is not shown beside what is new.
      this.items = this.items.filter(({ state }) => state === "failed" || state === "refused");
      // What is tried again gets the labels that it was to have.
      if (!this.items.some(({ state }) => state === "failed")) this.labels = {};
      this.byDigest.clear();
      this.problem = "";
      this.rate.reset();
    }
    for (const file of files) {
      const item = uploadItem(file);
      const reason = refusedBySize(item, this.limits);
      if (reason) Object.assign(item, { state: "refused", reason });
      this.items.push(item);
    }
    this.changed();
    this.go();
  }

  pause(): void {
    this.paused = true;
    // What is on its way begins again.
    for (const abort of this.aborts.values()) abort.abort();
    this.changed();
  }

  resume(): void {
    this.paused = false;
    this.problem = "";
    this.changed();
    this.go();
  }

  /** Tries all again that failed. */
  retry(): void {
    for (const item of this.items) {
      if (item.state === "failed") Object.assign(item, { state: item.sha256 ? "read" : "waiting", reason: "", sentBytes: 0, attempts: 0 });
    }
    this.resume();
    void this.labelOn().catch(() => undefined);
  }

  /** Gives one up, or all that are not over. */
  cancel(only?: UploadItem): void {
    for (const item of only ? [only] : this.items) {
      if (isOver(item)) continue;
      this.ended(item, "cancelled");
      this.aborts.get(item)?.abort();
    }
    this.changed();
    this.go();
  }

  /** Forgets all that is over. */
  clear(): void {
    this.items = this.items.filter((item) => !isOver(item));
    this.problem = "";
    this.changed();
  }

  /** Gives everything up, for instance because the person signs out. */
  stop(): void {
    this.stopped.abort();
    for (const abort of this.aborts.values()) abort.abort();
    this.items = [];
    this.uploads.clear();
    this.byDigest.clear();
    this.unlabelled.clear();
    this.problem = "";
    this.paused = false;
    this.stopped = new AbortController();
    this.changed();
  }

  private go(): void {
    if (this.paused) return;
    void this.readOn();
    void this.reserveOn();
    while (this.lanes < LANES && this.items.some((item) => this.isReserved(item))) void this.lane();
  }

  /** What may have changed during an await; the compiler takes it for what it was before. */
  private isPaused(): boolean {
    return this.paused;
  }

  private isReserved(item: UploadItem): boolean {
    return item.state === "read" && this.uploads.has(item);
  }

  private async readOn(): Promise<void> {
    if (this.reading) return;
    this.reading = true;
    try {
      for (;;) {
        const item = this.items.find(({ state }) => state === "waiting");
        const ahead = this.items.filter(({ state }) => state === "read").length;
        if (!item || this.paused || ahead >= MOST_READ) return;
        await this.readOne(item);
        this.changed();
        void this.reserveOn();
      }
    } finally {
      this.reading = false;
    }
  }

  private async readOne(item: UploadItem): Promise<void> {
    const late = refusedBySize(item, this.limits);
    if (late) {
      this.ended(item, "refused", late);
      return;
    }
    try {
      const known = this.options.knownDigest?.(item);
      const facts = await this.options.calls.read(item.file, known === undefined);
      if (!isWaiting(item)) return;
      const reason = refusedByType(facts.contentType, this.limits);
      if (reason) this.ended(item, "refused", reason);
      else Object.assign(item, { state: "read", contentType: facts.contentType, sha256: known ?? facts.sha256 });
      this.findTwin(item);
    } catch {
      if (isWaiting(item)) this.ended(item, "failed", UNREADABLE);
    }
  }

  /** The same bytes twice in the queue are one upload. */
  private findTwin(item: UploadItem): void {
    if (item.state !== "read" || !item.sha256) return;
    const twin = this.byDigest.get(item.sha256);
    if (twin && twin !== item && this.items.includes(twin) && twin.state !== "failed" && twin.state !== "refused" && twin.state !== "cancelled") {
      Object.assign(item, { state: "existing", twin });
    } else this.byDigest.set(item.sha256, item);
  }

  private async reserveOn(): Promise<void> {
    if (this.reserving || this.paused) return;
    this.reserving = true;
    try {
      for (;;) {
        const open = this.items.filter((item) => item.state === "read" && !this.uploads.has(item));
        const reserved = this.items.filter((item) => this.isReserved(item)).length;
        // Reservations run out; not many more than the lanes can take soon.
        if (open.length === 0 || this.isPaused() || reserved >= BATCH) return;
        await this.reserve(open.slice(0, BATCH));
        this.changed();
        this.go();
      }
    } finally {
      this.reserving = false;
    }
  }

  private async reserve(batch: UploadItem[]): Promise<void> {
    const { signal } = this.stopped;
    const requests = batch.map((item) => ({
      filename: item.name,
      contentType: item.contentType ?? "",
      sizeBytes: BigInt(item.size),
      sha256: item.sha256 ?? "",
      labels: this.labels,
      skipExisting: true,
      requestId: item.requestId,
    }));
    for (const item of batch) item.labels = this.labels;
    try {
      const { results } = await this.options.calls.reserve({ requests }, { signal });
      const again = new Map<UploadItem, Problem>();
      batch.forEach((item, index) => {
        const problem = this.reserved(item, results[index]?.result);
        if (problem) again.set(item, problem);
      });
      const [problem] = again.values();
      if (problem) await this.troubled([...again.keys()], problem);
    } catch (error) {
      await this.troubled(batch, explain(error));
    }
  }

  /** Takes in what became of one reservation; answers what may pass. */
  private reserved(item: UploadItem, result: CreateUploadResult["result"] | undefined): Problem | undefined {
    if (item.state !== "read") return undefined;
    if (result?.case === "response") this.answered(item, result.value);
    else if (result?.case === "error") {
      const message = sentence(result.value.message);
      const problem = explain(errorOf(result.value));
      if (problem.retryable) return { ...problem, message: message || problem.message };
      this.ended(item, "refused", message || problem.message);
    } else this.ended(item, "failed", "The server did not say what became of it.");
    return undefined;
  }

  private answered(item: UploadItem, { image, upload }: CreateUploadResponse): void {
    if (!image) {
      this.ended(item, "failed", "The server did not say what became of it.");
      return;
    }
    // A reservation that was completed and whose answer was lost is this very upload.
    const ours = item.imageId === image.imageId;
    item.imageId = image.imageId;
    if (upload) this.uploads.set(item, upload);
    else if (image.state === Image_State.FAILED) this.ended(item, "refused", image.failure?.message || "The server could not use it.");
    else this.there(item, ours ? "done" : "existing");
  }

  private async lane(): Promise<void> {
    this.lanes += 1;
    try {
      for (;;) {
        const item = this.items.find((each) => this.isReserved(each));
        if (!item || this.paused) return;
        await this.send(item);
        this.changed();
        void this.readOn();
        void this.reserveOn();
      }
    } finally {
      this.lanes -= 1;
    }
  }

  private async send(item: UploadItem): Promise<void> {
    const upload = this.uploads.get(item);
    if (!upload || item.imageId === undefined) return;
    const abort = new AbortController();
    this.aborts.set(item, abort);
    item.state = "sending";
    this.changed();
    try {
      await this.options.calls.put(upload, item.file, {
        signal: abort.signal,
        onProgress: (bytes) => {
          this.rate.add(Math.min(bytes, item.size) - item.sentBytes);
          item.sentBytes = Math.min(bytes, item.size);
          this.changed();
        },
      });
      if (isCancelled(item)) return;
      this.rate.add(item.size - item.sentBytes);
      Object.assign(item, { sentBytes: item.size, state: "checking" });
      this.changed();
      const image = await this.options.calls.complete({ imageId: item.imageId }, { signal: abort.signal });
      if (isCancelled(item)) return;
      // Another upload with the same bytes may have been faster.
      const own = image.imageId === item.imageId;
      item.imageId = image.imageId;
      this.there(item, own ? "done" : "existing");
    } catch (error) {
      if (isCancelled(item)) return;
      this.rate.add(-item.sentBytes);
      item.sentBytes = 0;
      if (abort.signal.aborted) item.state = "read";
      else if (error instanceof HttpError && (error.status === 403 || error.status === 400)) this.reserveAnew(item, explain(error));
      // A file that was changed on the disk looks like a lost connection.
      else if (error instanceof HttpError && error.status === 0 && !(await isReadable(item.file))) this.ended(item, "failed", UNREADABLE);
      else await this.troubled([item], explain(error));
    } finally {
      this.aborts.delete(item);
    }
  }

  /** The link is too old, or the reservation is. */
  private reserveAnew(item: UploadItem, problem: Problem): void {
    this.forget(item);
    item.attempts += 1;
    if (item.attempts >= ATTEMPTS) this.ended(item, "failed", problem.message);
    else Object.assign(item, { state: "read", requestId: requestId(), imageId: undefined });
  }

  /** What comes of a failure: another try, the end, or, without a network, patience. */
  private async troubled(batch: readonly UploadItem[], problem: Problem): Promise<void> {
    const open = batch.filter((item) => !isOver(item));
    if (problem.kind === "cancelled") return;
    if (problem.reason === "UPLOAD_EXPIRED" || problem.reason === "UPLOAD_NOT_RECEIVED") {
      for (const item of open) this.reserveAnew(item, problem);
      return;
    }
    if (problem.kind === "offline") {
      for (const item of open) item.state = "read";
      await this.waited((signal) => this.options.online?.(signal) ?? Promise.resolve());
      return;
    }
    for (const item of open) {
      item.attempts += 1;
      if (problem.retryable && item.attempts < ATTEMPTS) item.state = "read";
      else this.ended(item, problem.retryable || problem.kind === "full" || problem.kind === "expired" ? "failed" : "refused", problem.message);
    }
    if (problem.kind === "full") {
      // All others would be sent in vain.
      this.pause();
      this.problem = problem.message;
      return;
    }
    if (open.some(({ state }) => state === "read")) {
      const ms = Math.max(problem.retryAfterMs, 500 * 2 ** Math.max(...open.map(({ attempts }) => attempts)));
      await this.waited((signal) => (this.options.pause ?? pause)(ms, signal));
    }
  }

  private async waited(wait: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.waits += 1;
    this.changed();
    await wait(this.stopped.signal);
    this.waits -= 1;
    this.changed();
  }

  /** It is in the library. */
  private there(item: UploadItem, state: "done" | "existing"): void {
    item.state = state;
    this.forget(item);
    if (!item.imageId || (state === "done" && sameLabels(item.labels ?? {}, this.labels))) return;
    const remove = state === "done" ? Object.keys(item.labels ?? {}).filter((key) => this.labels[key] === undefined) : [];
    if (remove.length > 0) void this.options.calls.label([item.imageId], { set: {}, remove }).catch((error: unknown) => this.unlabelledBy(error));
    if (Object.keys(this.labels).length === 0) return;
    this.unlabelled.add(item.imageId);
    void this.labelOn().catch(() => undefined);
  }

  /** It will not be, for now. What has the same bytes and relied on it goes on by itself, or shares its end. */
  private ended(item: UploadItem, state: "refused" | "failed" | "cancelled", reason = ""): void {
    Object.assign(item, { state, reason });
    if (state !== "failed") this.forget(item);
    const [first, ...others] = this.items.filter(({ twin }) => twin === item);
    if (!first) return;
    if (state === "cancelled") {
      Object.assign(first, { state: "read", twin: undefined });
      if (first.sha256) this.byDigest.set(first.sha256, first);
      for (const other of others) other.twin = first;
    } else for (const each of [first, ...others]) Object.assign(each, { state, reason, twin: undefined });
  }

  /** Gives labels to what lacks them, many in one call. */
  private async labelOn(): Promise<void> {
    if (this.labelling) return;
    this.labelling = true;
    try {
      while (this.unlabelled.size > 0) {
        const ids = [...this.unlabelled];
        const labels = this.labels;
        if (Object.keys(labels).length > 0) await this.options.calls.label(ids, { set: labels, remove: [] });
        if (labels === this.labels) for (const id of ids) this.unlabelled.delete(id);
      }
    } catch (error) {
      this.unlabelledBy(error);
      throw error;
    } finally {
      this.labelling = false;
    }
  }

  private unlabelledBy(error: unknown): void {
    this.problem = `Some images do not have these labels yet. ${explain(error).message}`;
    this.changed();
  }

  private forget(item: UploadItem): void {
    this.uploads.delete(item);
  }

  private summarize(): UploadSummary {
    return {
      items: [...this.items],
      ...countsOf(this.items),
      rate: this.rate.bytesPerSecond,
      paused: this.paused,
      waiting: this.waits > 0,
      problem: this.problem,
    };
  }

  private changed(): void {
    if (this.planned) return;
    this.planned = true;
    (this.options.soon ?? soonest)(() => {
      this.planned = false;
      this.summary = undefined;
      for (const listener of this.listeners) listener();
    });
  }
}

const TELL_MS = 200;
const soonest = (work: () => void): void => void setTimeout(work, TELL_MS);

const UNREADABLE = "The file could not be read. Was it moved or changed?";

// What happened during an await; the compiler takes the state for what it was before.
const isWaiting = (item: UploadItem): boolean => item.state === "waiting";
const isCancelled = (item: UploadItem): boolean => item.state === "cancelled";

function idsOf(items: readonly UploadItem[], state: UploadItem["state"]): string[] {
  return [...new Set(items.flatMap((item) => (item.state === state && item.imageId ? [item.imageId] : [])))];
}

async function isReadable(file: Blob): Promise<boolean> {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
