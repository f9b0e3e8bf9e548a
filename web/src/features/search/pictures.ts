/**
 * Pictures that are searched with. Addresses and history cannot hold them, so this tab's memory does;
 * after a reload they are gone, and the page says so.
 */

export interface Picture {
  id: string;
  /** Whose it is: another account that goes back in history must not see it. */
  userId: string;
  file: File;
  /** Shows it; freed when the picture is forgotten. */
  url: string;
}

const MOST = 10;
const kept = new Map<string, Picture>();

/** Keeps a picture, and forgets the oldest of more than ten. */
export function keepPicture(userId: string, file: File): Picture {
  const picture = { id: randomId(), userId, file, url: URL.createObjectURL(file) };
  kept.set(picture.id, picture);
  for (const [id, old] of kept) {
    if (kept.size <= MOST) break;
    URL.revokeObjectURL(old.url);
    kept.delete(id);
  }
  return picture;
}

/** Undefined for what is not kept any more, and for what another account searched with. */
export function pictureOf(userId: string, id: string): Picture | undefined {
  const picture = kept.get(id);
  return picture?.userId === userId ? picture : undefined;
}

/** `crypto.randomUUID` is missing on plain http. */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => byte.toString(36).padStart(2, "0")).join("");
}
