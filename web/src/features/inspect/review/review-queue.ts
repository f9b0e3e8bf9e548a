/**
 * One person's sitting at the review queue: items are claimed a few at a time so that nobody else gets
 * them, the next ones are loaded before they are looked at, judging and skipping is optimistic and can be
 * undone, and what was not judged is given back.
 */
import type { ReviewItem } from "@/gen/argus/inspection/v1/inspection_pb.js";

import { type Deed, Deeds, type Phase, type TakeBack } from "../result/deeds";
import { deedText, type Judgement } from "../result/judgement";

/** Items that were handed out together; `claimId` is empty if there were none. */
export interface Claim {
  readonly claimId: string;
  readonly items: readonly ReviewItem[];
  /** Milliseconds since 1970; until then nobody else gets them. */
  readonly expiresAt: number;
}

export interface QueuePorts<L> {
  claim(limit: number): Promise<Claim>;
  release(claimId: string): Promise<void>;
  /** All that showing an item needs, decoded. */
  load(item: ReviewItem): Promise<L>;
  judge(item: ReviewItem, judgement: Judgement): Promise<TakeBack>;
  skip(item: ReviewItem): Promise<TakeBack>;
  /** Told of each failure, after the item has come back. */
  onFailure(deed: Deed, error: unknown, phase: Phase): void;
  now(): number;
}

export interface Entry<L> {
  readonly item: ReviewItem;
  readonly claimId: string;
  readonly expiresAt: number;
  readonly loaded?: L | undefined;
  readonly loadError?: unknown;
  /** Why what was said of it was not kept; it came back for that. */
  readonly problem?: unknown;
}

export interface QueueView<L> {
  /** What is to be judged; the first one is on screen. */
  readonly entries: readonly Entry<L>[];
  readonly status: "loading" | "ready" | "finished" | "failed";
  /** Why no more could be claimed. */
  readonly error: unknown;
  readonly judged: number;
  readonly skipped: number;
  /** What undo would take back; undefined if nothing. */
  readonly last: string | undefined;
  /** Whether something has not arrived yet. */
  readonly busy: boolean;
}

/** So many are ready behind the one on screen. */
const READY = 3;
/** What was judged stays loaded for an undo, so many. */
const KEPT = 12;
const RENEW_BEFORE_MS = 90_000;
const FEW = READY + 2;

export class ReviewQueue<L> {
  private entries: Entry<L>[] = [];
  private readonly loaded = new Map<string, L>();
  private readonly loading = new Set<string>();
  private readonly judged = new Set<string>();
  private readonly skipped = new Set<string>();
  private claims = new Set<string>();
  private claiming = false;
  private drained = false;
  private error: unknown;
  private ahead = FEW;
  /** Counts starts and stops: an answer for an older one is given back. */
  private sitting = 0;
  private running = false;
  private view: QueueView<L>;
  private readonly listeners = new Set<() => void>();
  private readonly deeds: Deeds;

  constructor(private readonly ports: QueuePorts<L>) {
    this.deeds = new Deeds((deed, error, phase) => ports.onFailure(deed, error, phase));
    this.deeds.subscribe(() => this.publish());
    this.view = this.look();
  }

  readonly getView = (): QueueView<L> => this.view;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Begins, or begins again after `stop`. */
  start(): void {
    if (this.running) return;
    this.running = true;
    this.sitting += 1;
    this.entries = [];
    this.drained = false;
    this.error = undefined;
    this.topUp();
  }

  /** Gives everything back that was not judged. */
  stop(): void {
    if (!this.running) return;
    this.running = false;
    this.sitting += 1;
    this.claiming = false;
    for (const claimId of this.claims) void this.giveBack(claimId);
    this.claims.clear();
  }

  /** How many are held at a time: a few for one after the other, many for a grid. */
  hold(count: number): void {
    this.ahead = Math.max(FEW, count);
    this.topUp();
  }

  /** Judges the one on screen, or those named; they leave at once. */
  judge(judgement: Judgement, inspectionIds: readonly string[] = this.first()): void {
    this.deeds.run(
      this.named(inspectionIds).map((entry) => ({
        ...this.leaving(entry, this.judged),
        text: inspectionIds.length > 1 ? `${deedText(judgement)}: ${inspectionIds.length} images` : deedText(judgement),
        send: () => this.ports.judge(entry.item, judgement),
      })),
    );
  }

  /** Puts the one on screen, or those named, at the end of the queue. */
  skip(inspectionIds: readonly string[] = this.first()): void {
    this.deeds.run(
      this.named(inspectionIds).map((entry) => ({
        ...this.leaving(entry, this.skipped),
        text: inspectionIds.length > 1 ? `Skipped ${inspectionIds.length} images` : "Skipped",
        send: () => this.ports.skip(entry.item),
      })),
    );
  }

  /** Takes the last judgement or skip back, and shows the item again; what it was, or undefined. */
  undo(): string | undefined {
    return this.deeds.undo();
  }

  /** After a failure, or at the end in case there is more now. */
  retry(): void {
    this.error = undefined;
    this.drained = false;
    this.topUp();
  }

  /** Loads an item again that failed to load. */
  reload(inspectionId: string): void {
    this.change(inspectionId, (entry) => ({ ...entry, loadError: undefined }));
    this.prefetch();
  }

  /** At the end: what was skipped is looked at again. */
  async revisitSkipped(): Promise<void> {
    const { sitting } = this;
    const claims = [...this.claims];
    this.claims.clear();
    this.skipped.clear();
    await Promise.all(claims.map((claimId) => this.giveBack(claimId)));
    if (sitting === this.sitting) this.retry();
  }

  /** Claims again what would soon be handed to others; call it now and then. */
  async renew(): Promise<void> {
    const soon = this.ports.now() + RENEW_BEFORE_MS;
    if (!this.running || this.claiming || !this.entries.some((entry) => entry.expiresAt < soon)) return;
    const { sitting } = this;
    this.claiming = true;
    const claims = [...this.claims];
    this.claims.clear();
    await Promise.all(claims.map((claimId) => this.giveBack(claimId)));
    if (sitting !== this.sitting) return;
    this.claiming = false;
    await this.claimMore(this.entries.length, true);
  }

  private first(): string[] {
    return this.entries.slice(0, 1).map((entry) => entry.item.inspectionId);
  }

  private named(inspectionIds: readonly string[]): Entry<L>[] {
    const wanted = new Set(inspectionIds);
    return this.entries.filter((entry) => wanted.has(entry.item.inspectionId));
  }

  private leaving(entry: Entry<L>, into: Set<string>): Pick<Deed, "apply" | "revert"> {
    const { inspectionId } = entry.item;
    return {
      apply: () => {
        into.add(inspectionId);
        this.entries = this.entries.filter((each) => each.item.inspectionId !== inspectionId);
        this.topUp();
      },
      revert: (why) => {
        into.delete(inspectionId);
        const others = this.entries.filter((each) => each.item.inspectionId !== inspectionId);
        // What failed comes next: what somebody looks at must not change under their keys.
        const place = why === "failure" ? Math.min(1, others.length) : 0;
        this.entries = others.toSpliced(place, 0, { ...entry, problem: why === "failure" ? new Error("not kept") : undefined });
        this.prefetch();
      },
    };
  }

  private topUp(): void {
    this.prefetch();
    const enough = this.ahead === FEW ? READY : this.ahead * 0.5;
    if (this.running && !this.claiming && !this.drained && this.error === undefined && this.entries.length <= enough) {
      void this.claimMore(this.ahead - this.entries.length, false);
    } else {
      this.publish();
    }
  }

  /** Claims; with `again` what is not handed out to us any more goes, but for what is on screen. */
  private async claimMore(limit: number, again: boolean): Promise<void> {
    const { sitting } = this;
    this.claiming = true;
    this.publish();
    try {
      const claim = await this.ports.claim(Math.min(100, Math.max(1, limit)));
      if (sitting !== this.sitting) {
        void this.giveBack(claim.claimId);
        return;
      }
      this.take(claim, again);
    } catch (error) {
      if (sitting === this.sitting) this.error = error;
    } finally {
      if (sitting === this.sitting) {
        this.claiming = false;
        this.topUp();
      }
    }
  }

  private take(claim: Claim, again: boolean): void {
    const { claimId, expiresAt } = claim;
    if (claimId) this.claims.add(claimId);
    const fresh = claim.items.filter(({ inspectionId }) => !this.judged.has(inspectionId) && !this.skipped.has(inspectionId));
    const ids = new Set(fresh.map((item) => item.inspectionId));
    const have = new Set(this.entries.map((entry) => entry.item.inspectionId));
    if (again) {
      this.entries = this.entries
        .filter((entry, place) => place === 0 || ids.has(entry.item.inspectionId))
        .map((entry) => ({ ...entry, claimId, expiresAt: claimId ? expiresAt : Infinity }));
    }
    this.entries.push(
      ...fresh
        .filter(({ inspectionId }) => !have.has(inspectionId))
        .map((item) => ({ item, claimId, expiresAt, loaded: this.loaded.get(item.inspectionId) })),
    );
    if (fresh.length === 0) this.drained = true;
  }

  private async giveBack(claimId: string): Promise<void> {
    if (claimId === "") return;
    // It lapses by itself too.
    await this.ports.release(claimId).catch(() => undefined);
  }

  private prefetch(): void {
    if (!this.running) return;
    for (const { item, loadError } of this.entries.slice(0, READY + 1)) {
      const { inspectionId } = item;
      if (this.loaded.has(inspectionId) || this.loading.has(inspectionId) || loadError !== undefined) continue;
      this.loading.add(inspectionId);
      this.ports
        .load(item)
        .then((loaded) => {
          this.loaded.set(inspectionId, loaded);
          this.change(inspectionId, (entry) => ({ ...entry, loaded }));
          this.forgetOld();
        })
        .catch((loadError: unknown) => this.change(inspectionId, (entry) => ({ ...entry, loadError })))
        .finally(() => this.loading.delete(inspectionId));
    }
  }

  /** What was judged long ago is not kept in memory. */
  private forgetOld(): void {
    const have = new Set(this.entries.map((entry) => entry.item.inspectionId));
    const old = [...this.loaded.keys()].filter((id) => !have.has(id));
    for (const id of old.slice(0, Math.max(0, old.length - KEPT))) this.loaded.delete(id);
  }

  private change(inspectionId: string, update: (entry: Entry<L>) => Entry<L>): void {
    this.entries = this.entries.map((entry) => (entry.item.inspectionId === inspectionId ? update(entry) : entry));
    this.publish();
  }

  private look(): QueueView<L> {
    const empty = this.entries.length === 0;
    return {
      entries: this.entries.map((entry) => {
        const loaded = this.loaded.get(entry.item.inspectionId);
        return loaded === entry.loaded ? entry : { ...entry, loaded };
      }),
      status: !empty ? "ready" : this.error !== undefined ? "failed" : this.drained && !this.claiming ? "finished" : "loading",
      error: this.error,
      judged: this.judged.size,
      skipped: this.skipped.size,
      last: this.deeds.last,
      busy: this.deeds.busy,
    };
  }

  private publish(): void {
    this.view = this.look();
    for (const listener of this.listeners) listener();
  }
}
