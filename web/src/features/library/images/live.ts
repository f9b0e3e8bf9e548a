/**
 * The one stream of changes of a tab. It goes on after the last message it dealt with, also after a break, and
 * rests while nobody sees the tab.
 */
import { Code, ConnectError } from "@connectrpc/connect";

import type { WatchImagesResponse } from "@/gen/argus/storage/v1/image_pb.js";
import { explain } from "@/lib/errors";
import { isAborted, pause } from "argus-client/pause";

export interface LiveOptions {
  watch: (request: { afterCursor: string }, options: { signal: AbortSignal }) => AsyncIterable<WatchImagesResponse>;
  /** A change. */
  onChange: (message: WatchImagesResponse) => void;
  /** Something may have been missed: what is shown has to be compared with what is there. */
  onGap: () => void;
  /** Resolves after so many milliseconds, or when the signal aborts. */
  pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

export class Live {
  private cursor = "";
  private stopping: AbortController | undefined;

  constructor(private readonly options: LiveOptions) {}

  /** Begins to listen; nothing if it does. */
  start(): void {
    if (this.stopping) return;
    this.stopping = new AbortController();
    void this.run(this.stopping.signal);
  }

  /** Stops; `start` goes on where this was. */
  stop(): void {
    this.stopping?.abort();
    this.stopping = undefined;
  }

  private async run(signal: AbortSignal): Promise<void> {
    const rest = this.options.pause ?? pause;
    let wait = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      const began = this.cursor === "";
      let first = true;
      try {
        for await (const message of this.options.watch({ afterCursor: this.cursor }, { signal })) {
          if (isAborted(signal)) return;
          wait = FIRST_PAUSE_MS;
          this.cursor = message.cursor;
          // From here on nothing is missed; what was listed before may be old.
          if (began && first) this.options.onGap();
          first = false;
          if (message.change.case !== "checkpoint") this.options.onChange(message);
        }
      } catch (error) {
        if (isAborted(signal)) return;
        const problem = explain(error);
        if (problem.reason === "CURSOR_EXPIRED" || problem.reason === "INVALID_CURSOR") {
          this.cursor = "";
          continue;
        }
        // Older services do not tell; a session that ended is the shell's affair. A stream ends with the
        // token that opened it, and the next has a new one.
        const over = problem.kind === "expired" && problem.reason !== "TOKEN_EXPIRED";
        if (ConnectError.from(error).code === Code.Unimplemented || over) return;
        wait = Math.max(wait, problem.retryAfterMs);
      }
      await rest(wait, signal);
      wait = Math.min(wait * 2, LONGEST_PAUSE_MS);
    }
  }
}
