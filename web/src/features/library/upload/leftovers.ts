/**
 * What was not finished when the page went away. A page cannot keep files, but it can say which they were,
 * and knows them again when they are dropped.
 */
import { isOver, type UploadItem } from "./upload-item";

export interface Leftover {
  path: string;
  size: number;
  modified: number;
  /** Empty if it had not been read. */
  sha256: string;
}

/** More are counted only. */
const MOST = 5000;
const KEY = "argus.uploads";

export class Leftovers {
  constructor(
    private readonly user: string,
    private readonly storage: Storage = sessionStorage,
  ) {}

  /** What is remembered; empty if that is somebody else's. */
  read(): Leftover[] {
    try {
      const kept = JSON.parse(this.storage.getItem(KEY) ?? "null") as { user: string; files: Leftover[] } | null;
      return kept?.user === this.user ? kept.files : [];
    } catch {
      return [];
    }
  }

  /** Remembers what is open now, and what of before has not come back. */
  write(items: readonly UploadItem[], before: readonly Leftover[]): void {
    const open = items
      .filter((item) => !isOver(item) || item.state === "failed")
      .map(({ path, size, file, sha256 }) => ({ path, size, modified: file.lastModified, sha256: sha256 ?? "" }));
    const files = [...before, ...open].slice(0, MOST);
    try {
      if (files.length === 0) this.storage.removeItem(KEY);
      else this.storage.setItem(KEY, JSON.stringify({ user: this.user, files }));
    } catch {
      // Full or forbidden: then nothing is remembered.
    }
  }
}

/**
 * What a file is known by: its name, size and time of change. Its folder is not part of it, because folders may
 * be dropped from further up or down.
 */
export function markOf(file: { path: string; size: number; modified: number }): string {
  return `${file.size} ${file.modified} ${file.path.slice(file.path.lastIndexOf("/") + 1)}`;
}

export const markOfItem = ({ path, size, file }: Pick<UploadItem, "path" | "size" | "file">): string =>
  markOf({ path, size, modified: file.lastModified });
