/** How fast bytes go, over the last seconds. */
const WINDOW_MS = 5000;
/** Over less than this, a rate would be chance. */
const SHORTEST_S = 0.5;

export class TransferRate {
  private sent: { at: number; bytes: number }[] = [];
  private inAll = 0;

  constructor(private readonly now: () => number = Date.now) {}

  /** So many bytes more have gone; fewer than none if they have to go again. */
  add(bytes: number): void {
    this.inAll += bytes;
    const now = this.now();
    this.sent.push({ at: now, bytes: this.inAll });
    while (this.sent.length > 1 && now - (this.sent[0]?.at ?? now) > WINDOW_MS) this.sent.shift();
  }

  /** Begins anew. */
  reset(): void {
    this.sent = [];
    this.inAll = 0;
  }

  /** 0 if nothing is known. */
  get bytesPerSecond(): number {
    const [first, last] = [this.sent[0], this.sent.at(-1)];
    const seconds = first && last ? (last.at - first.at) / 1000 : 0;
    return first && last && seconds > SHORTEST_S ? Math.max(0, (last.bytes - first.bytes) / seconds) : 0;
  }
}
