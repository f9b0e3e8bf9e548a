/**
 * What a person does is on screen at once and sent meanwhile. It can be undone, also before it has
 * arrived; what fails is put back and reported.
 */

/** Undoes at the server what was sent. */
export type TakeBack = () => Promise<void>;

export interface Deed {
  /** What was done, for a message: `Marked normal`. */
  readonly text: string;
  /** Changes what is on screen; also again, if an undo fails. */
  readonly apply: () => void;
  /** Changes it back: it was undone, or it failed. */
  readonly revert: (why: "undo" | "failure") => void;
  readonly send: () => Promise<TakeBack>;
}

export type Phase = "send" | "undo";

interface Sent {
  readonly deed: Deed;
  readonly outcome: Promise<TakeBack | undefined>;
}

export class Deeds {
  private groups: Sent[][] = [];
  private readonly listeners = new Set<() => void>();
  private pending = 0;

  constructor(private readonly onFailure: (deed: Deed, error: unknown, phase: Phase) => void) {}

  /** Does several as one: one undo takes all back. Each fails alone. */
  run(deeds: readonly Deed[]): void {
    if (deeds.length === 0) return;
    for (const deed of deeds) deed.apply();
    const group: Sent[] = [];
    this.groups.push(group);
    for (const deed of deeds) group.push({ deed, outcome: this.sent(deed, group) });
    this.publish();
  }

  /** Takes the last group back; its text, or undefined if there is none. */
  undo(): string | undefined {
    const group = this.groups.pop();
    if (!group?.[0]) return undefined;
    // In the opposite order, so that what was first is first again.
    for (const { deed } of [...group].reverse()) deed.revert("undo");
    for (const each of group) void this.takeBack(each);
    this.publish();
    return group[0].deed.text;
  }

  /** What `undo` would take back. */
  get last(): string | undefined {
    return this.groups.at(-1)?.[0]?.deed.text;
  }

  /** Whether something has not arrived yet; leaving the page would lose it. */
  get busy(): boolean {
    return this.pending > 0;
  }

  /** Resolves when all has arrived or failed. */
  async settled(): Promise<void> {
    await Promise.all(this.groups.flat().map(({ outcome }) => outcome));
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private async sent(deed: Deed, group: Sent[]): Promise<TakeBack | undefined> {
    this.pending += 1;
    try {
      return await deed.send();
    } catch (error) {
      // What was undone meanwhile is off the screen already.
      if (this.groups.includes(group)) {
        this.forget(group, deed);
        deed.revert("failure");
        this.onFailure(deed, error, "send");
      }
      return undefined;
    } finally {
      this.pending -= 1;
      this.publish();
    }
  }

  private async takeBack({ deed, outcome }: Sent): Promise<void> {
    this.pending += 1;
    const takeBack = await outcome;
    try {
      await takeBack?.();
    } catch (error) {
      deed.apply();
      this.groups.push([{ deed, outcome: Promise.resolve(takeBack) }]);
      this.onFailure(deed, error, "undo");
    } finally {
      this.pending -= 1;
      this.publish();
    }
  }

  private forget(group: Sent[], deed: Deed): void {
    const at = group.findIndex((each) => each.deed === deed);
    if (at >= 0) group.splice(at, 1);
    if (group.length === 0) this.groups = this.groups.filter((each) => each !== group);
  }

  private publish(): void {
    for (const listener of this.listeners) listener();
  }
}
