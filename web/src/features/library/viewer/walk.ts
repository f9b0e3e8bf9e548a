/** The list that previous and next walk; pure. */

export interface Place {
  /** From 1. */
  position: number;
  total: number;
  previous: string | undefined;
  next: string | undefined;
}

/** The ids that a list handed over with the navigation; the image alone if there are none, or it is not among them. */
export function walkOf(state: unknown, id: string): readonly string[] {
  const ids = typeof state === "object" && state !== null ? (state as { ids?: unknown }).ids : undefined;
  if (!Array.isArray(ids) || !ids.every((each) => typeof each === "string") || !ids.includes(id)) return [id];
  return ids;
}

export function placeIn(ids: readonly string[], id: string): Place {
  const at = ids.indexOf(id);
  return { position: at + 1, total: ids.length, previous: at > 0 ? ids[at - 1] : undefined, next: at < 0 ? undefined : ids[at + 1] };
}

/** Where to go once an image is deleted, and the list without it; undefined if it was the last. */
export function afterDelete(ids: readonly string[], id: string): { id: string; ids: readonly string[] } | undefined {
  const { next, previous } = placeIn(ids, id);
  const to = next ?? previous;
  return to === undefined ? undefined : { id: to, ids: ids.filter((each) => each !== id) };
}
