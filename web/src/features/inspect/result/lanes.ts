/** Runs so many tasks at once; the others wait in order. */
export class Lanes {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly most: number) {}

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.running >= this.most) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.running += 1;
    try {
      return await task();
    } finally {
      // The place goes to the next as it is.
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}
