/** Which picture is for which view of a part, and what is sent of that. Pure. */
import type { ReferenceSet } from "@/gen/argus/inspection/v1/inspection_pb.js";

import { isRegion } from "../../sets/views/view-words";

/** A picture that somebody chose: a file, or one of the library's. */
export interface Chosen {
  readonly name: string;
  readonly src: string | undefined;
  /** Of a file. */
  readonly blob?: Blob;
  /** Of the library's; empty otherwise. */
  readonly imageId: string;
}

/** What is inspected: a view, or the set itself. */
export interface Slot {
  /** Of the view's own set. */
  readonly setId: string;
  readonly name: string;
  /** It has no version yet, so it cannot be inspected. */
  readonly unready: boolean;
}

/** What a slot shows: a picture of its own, that of another slot, or nothing. */
export type Pick = { readonly chosen: Chosen } | { readonly sameAs: string };
export type Picks = Readonly<Record<string, Pick>>;

/** The set itself, once it has a version, and its views. */
export function slotsOf(set: ReferenceSet): readonly Slot[] {
  return [
    ...(set.currentVersion > 0 ? [{ setId: set.referenceSetId, name: set.displayName, unready: false }] : []),
    ...set.views.map((view) => ({ setId: view.referenceSetId, name: view.displayName, unready: view.currentVersion === 0 })),
  ];
}

/** Regions are of one picture. */
export const beginsWithOne = (set: { readonly views: ReferenceSet["views"] }): boolean => set.views.length > 0 && set.views.every(isRegion);

/** The picture of a slot, followed through `sameAs`; undefined if there is none. */
export function pictureFor(setId: string, picks: Picks): Chosen | undefined {
  const passed = new Set<string>();
  for (let at: string = setId; !passed.has(at); ) {
    passed.add(at);
    const pick = picks[at];
    if (!pick) return undefined;
    if ("chosen" in pick) return pick.chosen;
    at = pick.sameAs;
  }
  return undefined;
}

/** Slots whose picture another one may take: those with one of their own. */
export const lenders = (setId: string, slots: readonly Slot[], picks: Picks): readonly Slot[] =>
  slots.filter((slot) => slot.setId !== setId && "chosen" in (picks[slot.setId] ?? {}));

/** A picture and the views that it shows; none named means all. */
export interface Frame {
  readonly picture: Chosen;
  readonly setIds: readonly string[];
}

/** One frame for each picture, in the slots' order. */
export function framesOf(slots: readonly Slot[], picks: Picks): readonly Frame[] {
  const frames = new Map<Chosen, string[]>();
  for (const { setId } of slots) {
    const picture = pictureFor(setId, picks);
    if (picture) frames.set(picture, [...(frames.get(picture) ?? []), setId]);
  }
  return [...frames].map(([picture, setIds]) => ({ picture, setIds }));
}

/** Slots that get no picture. */
export const unshown = (slots: readonly Slot[], picks: Picks): readonly Slot[] => slots.filter(({ setId }) => !pictureFor(setId, picks));
