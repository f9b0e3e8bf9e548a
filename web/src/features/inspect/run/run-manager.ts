/**
 * A run: images come from files, the library or a camera, are inspected a few at a time, and each has its
 * own outcome. Nothing is stored unless it is asked for.
 */
import type { InspectImagesResponse, InspectResponse } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { explain } from "@/lib/errors";

import { Lanes } from "../result/lanes";
import { errorOf } from "argus-client/status-error";
import { requestId } from "argus-client/request-id";
import { isAlarm } from "../result/words";

import { type RunItem } from "./run-item";

/** A set's version (0: the one in use), or words. */
export type Against = { readonly setId: string; readonly version: number } | { readonly object: string };

export interface StoredPicture {
  readonly imageId: string;
  readonly name: string;
  readonly src: string | undefined;
  readonly thumb: string | undefined;
  readonly thumbhash: Uint8Array;
}

export interface RunPorts {
  inspect(what: { blob: Blob } | { imageId: string }, against: Against, requestId: string, signal: AbortSignal): Promise<InspectResponse>;
  inspectStored(imageIds: readonly string[], against: Against, requestId: string, signal: AbortSignal): AsyncIterable<InspectImagesResponse>;
  /** Pictures and names of stored images; what does not exist is left out. */
  describe(imageIds: readonly string[]): Promise<readonly StoredPicture[]>;
  /** Puts a file into the library; its id. */
  keep(blob: Blob, name: string): Promise<string>;
  urlOf(blob: Blob): string;
  freeUrl(url: string): void;
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/** Files that are sent at once: the browser has six connections for everything. */
const AT_ONCE = 2;
/** Images of one call. */
const BATCH = 500;
const MOST_FRAMES = 300;
const TRIES = 6;

export class RunManager {
  private items: readonly RunItem[] = [];
  private against: Against | undefined;
  private made = 0;
  private aborting = new AbortController();
  private readonly lanes = new Lanes(AT_ONCE);
  private readonly listeners = new Set<() => void>();
  /** What is in the library, though its inspection there may have failed. */
  private readonly kept = new Map<string, string>();
  /** One key for one item's inspection, so that trying again counts once. */
  private readonly requestIds = new Map<string, string>();

  constructor(private readonly ports: RunPorts) {}

  readonly getItems = (): readonly RunItem[] => this.items;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** What is added from now on is inspected against this; what waited for it begins. */
  setAgainst(against: Against | undefined): void {
    this.against = against;
    const waiting = this.items.filter((item) => item.state === "waiting").map((item) => item.key);
    if (against) this.start(waiting);
  }

  addFiles(files: readonly { file: Blob; name: string }[], keep: boolean): void {
    const added = files.map(({ file, name }) => this.own("file", file, name, keep));
    this.add(added);
  }

  /** Inspects a frame; resolves when it is answered, so that a camera waits for it. */
  async addFrame(frame: Blob, name: string): Promise<void> {
    const item = this.own("frame", frame, name, false);
    this.items = [...this.items, item];
    this.dropFrames();
    await this.inspectOwn(item.key);
  }

  addStored(imageIds: readonly string[]): void {
    const have = new Set(this.items.map((item) => item.imageId));
    const fresh = [...new Set(imageIds)].filter((id) => !have.has(id));
    this.add(
      fresh.map((imageId) => ({ ...this.blank("stored", "Image", false), imageId })),
    );
    for (let at = 0; at < fresh.length; at += BATCH) void this.describe(fresh.slice(at, at + BATCH));
  }

  /** Inspects again what failed, or those named. */
  retry(keys: readonly string[] = this.items.filter((item) => item.state === "failed").map((item) => item.key)): void {
    this.start(keys);
  }

  /** Inspects all again, for instance against another version. */
  again(): void {
    for (const { key } of this.items) this.requestIds.delete(key);
    this.start(this.items.filter((item) => item.state !== "working").map((item) => item.key));
  }

  /** Puts a file or frame into the library and inspects it there, so that it can be reviewed and learnt from. */
  async keep(key: string): Promise<void> {
    const item = this.get(key);
    if (!item?.blob || item.imageId || item.state === "working") return;
    this.requestIds.delete(key);
    this.change(key, { keep: true });
    await this.inspectOwn(key);
  }

  remove(keys: readonly string[]): void {
    const gone = new Set(keys);
    for (const item of this.items) if (gone.has(item.key)) this.free(item);
    this.items = this.items.filter((item) => !gone.has(item.key));
    this.publish();
  }

  /** Gives up what is under way and forgets all. */
  clear(): void {
    this.aborting.abort();
    this.aborting = new AbortController();
    for (const item of this.items) this.free(item);
    this.items = [];
    this.requestIds.clear();
    this.publish();
  }

  private add(added: readonly RunItem[]): void {
    this.items = [...this.items, ...added];
    this.publish();
    if (this.against) this.start(added.map((item) => item.key));
  }

  private start(keys: readonly string[]): void {
    const wanted = new Set(keys);
    const chosen = this.items.filter((item) => wanted.has(item.key) && item.state !== "working");
    const stored = chosen.filter((item) => item.source === "stored");
    for (const item of chosen) if (item.source !== "stored") void this.lanes.run(() => this.inspectOwn(item.key));
    for (let at = 0; at < stored.length; at += BATCH) void this.inspectStored(stored.slice(at, at + BATCH));
  }

  private async inspectOwn(key: string): Promise<void> {
    const { signal } = this.aborting;
    const { against } = this;
    let item = this.get(key);
    if (!item?.blob || !against || signal.aborted) return;
    this.change(key, { state: "working", error: undefined });
    try {
      // The item is the stored image's only with that one's inspection: one cannot be judged with the other.
      let imageId = item.imageId || this.kept.get(key) || "";
      if (item.keep && !imageId) {
        imageId = await this.ports.keep(item.blob, item.name);
        this.kept.set(key, imageId);
      }
      const what = imageId ? { imageId } : { blob: item.blob };
      const inspection = await this.patiently(() => this.ports.inspect(what, against, this.requestId(key), signal), signal);
      this.change(key, { state: "done", inspection, imageId });
    } catch (error) {
      item = this.get(key);
      if (item && !this.gone(signal)) this.change(key, { state: item.inspection ? "done" : "failed", error, keep: false });
    }
  }

  private async inspectStored(items: readonly RunItem[]): Promise<void> {
    const { signal } = this.aborting;
    const { against } = this;
    if (!against) return;
    const keys = new Map(items.map((item) => [item.imageId, item.key]));
    for (const key of keys.values()) this.change(key, { state: "working", error: undefined });
    let failure: unknown = new Error("The server gave no answer for it.");
    try {
      const request = requestId();
      await this.patiently(async () => {
        for await (const answer of this.ports.inspectStored([...keys.keys()], against, request, signal)) {
          const key = keys.get(answer.itemId);
          if (key === undefined) continue;
          keys.delete(answer.itemId);
          if (answer.outcome.case === "inspection") this.change(key, { state: "done", inspection: answer.outcome.value });
          else if (answer.outcome.case === "error") this.change(key, { state: "failed", error: errorOf(answer.outcome.value) });
        }
      }, signal);
    } catch (error) {
      failure = error;
    }
    if (signal.aborted) return;
    for (const key of keys.values()) this.change(key, { state: "failed", error: failure });
  }

  private async describe(imageIds: readonly string[]): Promise<void> {
    const pictures = await this.ports.describe(imageIds).catch(() => []);
    const byId = new Map(pictures.map((picture) => [picture.imageId, picture]));
    this.items = this.items.map((item) => {
      const picture = item.source === "stored" ? byId.get(item.imageId) : undefined;
      return picture ? { ...item, name: picture.name, src: picture.src, thumb: picture.thumb, thumbhash: picture.thumbhash } : item;
    });
    this.publish();
  }

  /** A server that has too much to do is asked again when it says. */
  private async patiently<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await call();
      } catch (error) {
        const { kind, retryAfterMs } = explain(error);
        if (kind !== "busy" || attempt >= TRIES || signal.aborted) throw error;
        await this.ports.wait(retryAfterMs || 500 * 2 ** attempt, signal);
      }
    }
  }

  private requestId(key: string): string {
    let id = this.requestIds.get(key);
    if (!id) this.requestIds.set(key, (id = requestId()));
    return id;
  }

  private own(source: "file" | "frame", blob: Blob, name: string, keep: boolean): RunItem {
    const url = this.ports.urlOf(blob);
    return { ...this.blank(source, name, keep), blob, src: url, thumb: url };
  }

  private blank(source: RunItem["source"], name: string, keep: boolean): RunItem {
    this.made += 1;
    return { key: `${source}-${this.made}`, name, source, place: this.made, state: "waiting", imageId: "", keep };
  }

  /** A camera may run all day: the oldest normal frames are forgotten first. */
  private dropFrames(): void {
    const frames = this.items.filter((item) => item.source === "frame" && item.state !== "working" && item.state !== "waiting");
    const over = frames.length - MOST_FRAMES;
    if (over <= 0) return;
    const dull = frames.filter((item) => !item.imageId && !(item.inspection && isAlarm(item.inspection)));
    this.remove([...dull, ...frames].slice(0, over).map((item) => item.key));
  }

  private free(item: RunItem): void {
    if (item.blob && item.src) this.ports.freeUrl(item.src);
    this.requestIds.delete(item.key);
  }

  /** Given up meanwhile; a call, because the checker takes what was once read for what still is. */
  private gone(signal: AbortSignal): boolean {
    return signal.aborted;
  }

  private get(key: string): RunItem | undefined {
    return this.items.find((item) => item.key === key);
  }

  private change(key: string, changes: Partial<RunItem>): void {
    this.items = this.items.map((item) => (item.key === key ? { ...item, ...changes } : item));
    this.publish();
  }

  private publish(): void {
    for (const listener of this.listeners) listener();
  }
}
