/** A file on its way into the library, and what the panel says of it. */
import type { FoundFile } from "@/lib/dropped-files";
import { requestId } from "argus-client/request-id";

/**
 * - `waiting`: to be read
 * - `read`: its digest is known; it waits for a lane
 * - `sending`, `checking`: bytes are on their way; the server looks at them
 * - `done`: it is in the library
 * - `existing`: it was there already; `imageId` is that image
 * - `refused`: it cannot be taken, now or later; `reason` says why
 * - `failed`: it was not taken; trying again may help
 * - `cancelled`: the person gave it up
 */
export type UploadState = "waiting" | "read" | "sending" | "checking" | "done" | "existing" | "refused" | "failed" | "cancelled";

export interface UploadItem {
  readonly key: number;
  readonly file: File;
  readonly name: string;
  /** Within what was dropped. */
  readonly path: string;
  readonly size: number;
  state: UploadState;
  sentBytes: number;
  /** A sentence; with `refused` and `failed`. */
  reason: string;
  imageId: string | undefined;
  /** One before it with the same bytes, which stands for both. */
  twin: UploadItem | undefined;
  contentType: string | undefined;
  sha256: string | undefined;
  /** Sent again with each retry of the reservation. */
  requestId: string;
  attempts: number;
  /** The labels that it was reserved with. */
  labels: Readonly<Record<string, string>> | undefined;
}

const OPEN: ReadonlySet<UploadState> = new Set(["waiting", "read", "sending", "checking"]);

export const isOver = ({ state }: UploadItem): boolean => !OPEN.has(state);

let made = 0;

export function uploadItem({ file, path }: FoundFile): UploadItem {
  made += 1;
  return {
    key: made,
    file,
    name: file.name,
    path,
    size: file.size,
    state: "waiting",
    sentBytes: 0,
    reason: "",
    imageId: undefined,
    twin: undefined,
    contentType: undefined,
    sha256: undefined,
    requestId: requestId(),
    attempts: 0,
    labels: undefined,
  };
}
