/**
 * Claims of this tab. A page that is reloaded cannot give its items back any more, and they would be
 * missing from its own queue for ten minutes; so the next one does.
 */
const KEY = "argus.review.claims";

export class ClaimMemory {
  private readonly mine = new Set<string>();

  constructor(private readonly store: Pick<Storage, "getItem" | "setItem"> = sessionStorage) {}

  keep(claimId: string): void {
    if (claimId === "") return;
    this.mine.add(claimId);
    this.write([...this.read(), claimId]);
  }

  /** It was given back. */
  forget(claimId: string): void {
    this.write(this.read().filter((each) => each !== claimId));
  }

  /** Claims of pages before this one. */
  leftBehind(): string[] {
    return this.read().filter((each) => !this.mine.has(each));
  }

  private read(): string[] {
    try {
      const kept: unknown = JSON.parse(this.store.getItem(KEY) ?? "[]");
      return Array.isArray(kept) ? kept.filter((each): each is string => typeof each === "string") : [];
    } catch {
      return [];
    }
  }

  private write(claims: readonly string[]): void {
    try {
      this.store.setItem(KEY, JSON.stringify(claims));
    } catch {
      // Full or forbidden: claims lapse by themselves.
    }
  }
}
