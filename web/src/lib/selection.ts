/**
 * What is selected in a list, as file managers do it. Pure: each function takes a selection and
 * gives the next. `ui/use-selection.ts` holds one for a view.
 *
 * A range is always between the anchor and where one is now; what was selected before the anchor was
 * set stays (`base`), so a range can grow and shrink again.
 */
export interface Selection {
  readonly ids: ReadonlySet<string>;
  /** Where ranges begin. */
  readonly anchor: string | null;
  /** Where the keyboard is. */
  readonly focus: string | null;
  /** Selected before the range from the anchor. */
  readonly base: ReadonlySet<string>;
}

/** The list as it is on screen. `indexOf` answers -1 for what is not in it. */
export interface Order {
  readonly length: number;
  idAt(index: number): string | undefined;
  indexOf(id: string): number;
}

/** Ctrl (⌘ on a Mac) and shift. */
export interface Modifiers {
  toggle?: boolean;
  range?: boolean;
}

const NOTHING: ReadonlySet<string> = new Set();

export const EMPTY_SELECTION: Selection = { ids: NOTHING, anchor: null, focus: null, base: NOTHING };

/** The order of a list of ids. */
export function orderOf(ids: readonly string[]): Order {
  let places: Map<string, number> | undefined;
  return {
    length: ids.length,
    idAt: (index) => ids[index],
    indexOf: (id) => {
      places ??= new Map(ids.map((each, index) => [each, index]));
      return places.get(id) ?? -1;
    },
  };
}

/** A click: alone it selects one, with ctrl it toggles, with shift it selects from the anchor to here. */
export function click(selection: Selection, order: Order, id: string, how: Modifiers = {}): Selection {
  if (how.range) return extendTo(selection, order, id, how.toggle ?? false);
  if (how.toggle) return toggle(selection, id);
  return { ids: new Set([id]), anchor: id, focus: id, base: NOTHING };
}

/** Selects one, or takes it out; the anchor is here now. */
export function toggle(selection: Selection, id: string): Selection {
  const ids = new Set(selection.ids);
  if (!ids.delete(id)) ids.add(id);
  // A range from something that was just taken out begins with it nevertheless.
  const base = new Set(ids);
  return { ids, anchor: id, focus: id, base };
}

/** The range from the anchor to `id`; with `keep`, in addition to what was selected before it. */
export function extendTo(selection: Selection, order: Order, id: string, keep = true): Selection {
  const to = order.indexOf(id);
  if (to < 0) return selection;
  // The anchor may have been deleted or filtered away.
  const begin = [selection.anchor, selection.focus].find((each) => each !== null && order.indexOf(each) >= 0) ?? id;
  const from = order.indexOf(begin);
  const base = keep ? selection.base : NOTHING;
  const ids = new Set(base);
  for (let index = Math.min(from, to); index <= Math.max(from, to); index += 1) {
    const each = order.idAt(index);
    if (each !== undefined) ids.add(each);
  }
  return { ids, anchor: begin, focus: id, base };
}

/** Moves the keyboard's place by so many items, within the list; with `extend` the range goes along. */
export function move(selection: Selection, order: Order, by: number, extend = false): Selection {
  if (order.length === 0) return selection;
  const at = selection.focus === null ? -1 : order.indexOf(selection.focus);
  const next = at < 0 ? (by < 0 ? order.length - 1 : 0) : at + by;
  return moveTo(selection, order, next, extend);
}

/** Moves the keyboard's place to an index, or the nearest there is. */
export function moveTo(selection: Selection, order: Order, index: number, extend = false): Selection {
  const id = order.idAt(Math.max(0, Math.min(order.length - 1, index)));
  if (id === undefined) return selection;
  if (!extend) return { ...selection, focus: id };
  const begun = selection.anchor === null ? { ...selection, anchor: selection.focus ?? id } : selection;
  return extendTo(begun, order, id);
}

export function selectAll(selection: Selection, order: Order): Selection {
  const ids = new Set<string>();
  for (let index = 0; index < order.length; index += 1) {
    const id = order.idAt(index);
    if (id !== undefined) ids.add(id);
  }
  return { ids, anchor: order.idAt(0) ?? null, focus: selection.focus, base: NOTHING };
}

/** Selects nothing; the keyboard stays where it is. */
export function clear(selection: Selection): Selection {
  return { ...EMPTY_SELECTION, focus: selection.focus };
}

/** Takes out what no longer exists, such as deleted images. */
export function without(selection: Selection, gone: Iterable<string>): Selection {
  const ids = new Set(selection.ids);
  const base = new Set(selection.base);
  for (const id of gone) {
    ids.delete(id);
    base.delete(id);
  }
  return ids.size === selection.ids.size ? selection : { ...selection, ids, base };
}

/** Takes in what an undo brought back. */
export function withAll(selection: Selection, back: Iterable<string>): Selection {
  return { ...selection, ids: new Set([...selection.ids, ...back]) };
}
