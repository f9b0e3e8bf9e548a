/**
 * A long list of which only parts are loaded: cells by their place, holes where nothing is known but that
 * there is something. In the order of time, whichever way.
 */
export interface Cell {
  id: string;
  /** When it was created, in microseconds since the epoch. */
  at: number;
}

/** A place in the list and a time of which is known that they belong together. */
export interface Anchor {
  index: number;
  at: number;
}

export class Cells {
  private cells: (Cell | undefined)[];
  private places: Map<string, number> | undefined;

  constructor(
    length: number,
    private readonly newestFirst: boolean,
  ) {
    this.cells = new Array<Cell | undefined>(length).fill(undefined);
  }

  get length(): number {
    return this.cells.length;
  }

  at(index: number): Cell | undefined {
    return this.cells[index];
  }

  /** -1 if it is not loaded. */
  indexOf(id: string): number {
    if (!this.places) {
      const places = new Map<string, number>();
      this.cells.forEach((cell, index) => cell && places.set(cell.id, index));
      this.places = places;
    }
    return this.places.get(id) ?? -1;
  }

  /** The first hole of a range, without its end; -1 if all is loaded. */
  firstHole(from: number, to: number): number {
    const end = Math.min(to, this.cells.length);
    for (let index = Math.max(0, from); index < end; index += 1) if (!this.cells[index]) return index;
    return -1;
  }

  /** Puts a page where it belongs; false if that contradicts what is there, and nothing is changed. */
  place(start: number, page: readonly Cell[]): boolean {
    if (start < 0 || start + page.length > this.cells.length) return false;
    for (const [offset, cell] of page.entries()) {
      const there = this.cells[start + offset];
      if (there && there.id !== cell.id) return false;
      const known = this.indexOf(cell.id);
      if (known >= 0 && known !== start + offset) return false;
    }
    page.forEach((cell, offset) => {
      this.cells[start + offset] = cell;
      this.places?.set(cell.id, start + offset);
    });
    return true;
  }

  /**
   * Where a time belongs: before the returned index, and whether all around it is loaded, so that the place
   * is exact. Otherwise it is somewhere in the hole there.
   */
  search(cell: Cell): { index: number; exact: boolean } {
    let left = -1;
    let right = this.cells.length;
    while (right - left > 1) {
      const middle = (left + right) >> 1;
      const probe = this.loadedNear(middle, left, right);
      if (probe < 0) break;
      const known = this.cells[probe];
      if (known && this.isBefore(known, cell)) left = probe;
      else right = probe;
    }
    return { index: left + 1, exact: right - left === 1 };
  }

  /** Puts cells in where their time says, or holes where that is not exact, unless `trusted`. */
  insert(cell: Cell, trusted = false): void {
    if (this.indexOf(cell.id) >= 0) return;
    const { index, exact } = this.search(cell);
    this.cells.splice(index, 0, exact || trusted ? cell : undefined);
    this.places = undefined;
  }

  /** Takes cells out; what was there, to be put back. */
  remove(ids: Iterable<string>): Cell[] {
    const gone = new Set([...ids].filter((id) => this.indexOf(id) >= 0));
    if (gone.size === 0) return [];
    const out = this.cells.filter((cell): cell is Cell => cell !== undefined && gone.has(cell.id));
    this.cells = this.cells.filter((cell) => cell === undefined || !gone.has(cell.id));
    this.places = undefined;
    return out;
  }

  /** Takes out one hole at the place of a cell that was never loaded; false if all is loaded there. */
  removeHole(cell: Cell): boolean {
    const { index, exact } = this.search(cell);
    if (exact || this.cells[index] !== undefined) return false;
    this.cells.splice(index, 1);
    this.places = undefined;
    return true;
  }

  /** The nearest loaded cells around a place. */
  anchorsAround(index: number): { left: Anchor | undefined; right: Anchor | undefined } {
    const anchor = (place: number): Anchor | undefined => {
      const cell = this.cells[place];
      return cell && { index: place, at: cell.at };
    };
    let left = index;
    while (left >= 0 && !this.cells[left]) left -= 1;
    let right = index + 1;
    while (right < this.cells.length && !this.cells[right]) right += 1;
    return { left: anchor(left), right: anchor(right) };
  }

  /** All loaded ids, in order. */
  ids(): string[] {
    return this.cells.flatMap((cell) => (cell ? [cell.id] : []));
  }

  /** A loaded place strictly between two, as near to a third as there is; -1 if there is none. */
  private loadedNear(middle: number, left: number, right: number): number {
    for (let step = 0; middle - step > left || middle + step < right; step += 1) {
      if (middle - step > left && this.cells[middle - step]) return middle - step;
      if (middle + step < right && this.cells[middle + step]) return middle + step;
    }
    return -1;
  }

  private isBefore(one: Cell, other: Cell): boolean {
    const order = one.at === other.at ? (one.id < other.id ? -1 : 1) : one.at - other.at;
    return this.newestFirst ? order > 0 : order < 0;
  }
}
