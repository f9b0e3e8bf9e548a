/**
 * Claims of this browser. A page that is reloaded or closed cannot give its items back any more, and they
 * would be missing from everybody's queue for ten minutes; so the next page does. Each page holds a lock
 * as long as it lives, by which the others tell. Over plain http there are no locks: then a tab knows its
 * own claims only.
 */
import { requestId } from "argus-client/request-id";

const KEY = "argus.review.claims";

interface Kept {
  readonly claimId: string;
  readonly page: string;
}

export class ClaimMemory {
  private readonly page = `argus.review.${requestId()}`;
  private readonly locks: LockManager | undefined;
  private readonly store: Storage;
  private stop: () => void = () => undefined;

  constructor(locks: LockManager | undefined = (navigator as Partial<Navigator>).locks) {
    this.locks = locks;
    this.store = locks ? localStorage : sessionStorage;
  }

  keep(claimId: string): void {
    if (claimId === "") return;
    if (this.read().every(({ page }) => page !== this.page)) {
      void this.locks?.request(this.page, () => new Promise<void>((resolve) => (this.stop = resolve)));
    }
    this.write([...this.read(), { claimId, page: this.page }]);
  }

  /** It was given back. */
  forget(claimId: string): void {
    const rest = this.read().filter((each) => each.claimId !== claimId);
    this.write(rest);
    if (rest.every(({ page }) => page !== this.page)) this.stop();
  }

  /** Claims of pages that are gone. */
  async leftBehind(): Promise<string[]> {
    const others = this.read().filter(({ page }) => page !== this.page);
    if (others.length === 0) return [];
    const held = new Set((await this.locks?.query())?.held?.map(({ name }) => name));
    return others.filter(({ page }) => !held.has(page)).map(({ claimId }) => claimId);
  }

  private read(): Kept[] {
    try {
      const kept: unknown = JSON.parse(this.store.getItem(KEY) ?? "[]");
      return Array.isArray(kept) ? kept.filter(isKept) : [];
    } catch {
      return [];
    }
  }

  private write(claims: readonly Kept[]): void {
    try {
      this.store.setItem(KEY, JSON.stringify(claims));
    } catch {
      // Full or forbidden: claims lapse by themselves.
    }
  }
}

function isKept(each: unknown): each is Kept {
  return typeof each === "object" && each !== null && "claimId" in each && typeof each.claimId === "string" && "page" in each && typeof each.page === "string";
}
