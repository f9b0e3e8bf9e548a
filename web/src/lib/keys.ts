/**
 * All keyboard shortcuts. Pages register theirs under a scope, one listener dispatches, and the `?`
 * sheet lists what works now.
 *
 * The scope that was opened last comes first. An exclusive scope, such as a dialog's, hides all
 * below it.
 */
export interface Shortcut {
  /**
   * `a`, `?`, `ArrowLeft`, `Shift+ArrowLeft`, `Mod+a` (ctrl, or ⌘ on a Mac), or one key after another:
   * `g l`. Letters are lower case; a sign that needs shift is written as the sign alone.
   */
  keys: string;
  /** What it does, for the sheet: `Select all`. */
  description: string;
  run: (event: KeyboardEvent) => void;
  /** Works in a text field too. */
  inFields?: boolean;
  /** Works again while the key is held down. */
  repeats?: boolean;
}

export interface ScopeOptions {
  /** Heading in the sheet. */
  title: string;
  exclusive?: boolean;
}

interface Scope extends ScopeOptions {
  shortcuts: readonly Shortcut[];
}

/** What the sheet shows of a scope. */
export interface ListedScope {
  title: string;
  shortcuts: readonly Pick<Shortcut, "keys" | "description">[];
}

const SEQUENCE_MS = 1000;
const MODIFIERS = new Set(["Shift", "Control", "Alt", "Meta", "AltGraph", "CapsLock"]);
const NAMED: Record<string, string> = { " ": "Space", Spacebar: "Space", Esc: "Escape" };

export class KeyRegistry {
  private scopes: Scope[] = [];
  private prefix = "";
  private prefixAt = 0;

  constructor(
    private readonly mac: boolean,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * Opens a scope above all others; the function closes it.
   *
   * @throws Error if two of its shortcuts have the same keys
   */
  open(options: ScopeOptions, shortcuts: readonly Shortcut[]): () => void {
    const seen = new Set<string>();
    for (const { keys } of shortcuts) {
      if (seen.has(keys)) throw new Error(`${options.title}: ${keys} does two things`);
      seen.add(keys);
    }
    const scope: Scope = { ...options, shortcuts };
    this.scopes.push(scope);
    return () => {
      this.scopes = this.scopes.filter((each) => each !== scope);
    };
  }

  /** Runs what the key stands for; whether there was something. */
  handle(event: KeyboardEvent): boolean {
    if (event.defaultPrevented || event.isComposing || MODIFIERS.has(event.key)) return false;
    const chord = chordOf(event, this.mac);
    if (pressesControl(event.target, chord) || movesControl(event.target, event.key)) return false;
    const begun = this.now() - this.prefixAt < SEQUENCE_MS ? this.prefix : "";
    this.prefix = "";
    const typing = isField(event.target);
    for (const keys of begun ? [`${begun} ${chord}`, chord] : [chord]) {
      const found = this.find((each) => each.keys === keys && (!typing || each.inFields === true));
      if (found) {
        if (event.repeat && !found.repeats) return false;
        event.preventDefault();
        found.run(event);
        return true;
      }
    }
    if (!typing && this.find((each) => each.keys.startsWith(`${chord} `))) {
      this.prefix = chord;
      this.prefixAt = this.now();
    }
    return false;
  }

  /** What works now, the nearest scope first. Scopes of one title are one. */
  list(): ListedScope[] {
    const titles = new Map<string, Map<string, string>>();
    const taken = new Set<string>();
    for (const scope of this.reachable()) {
      const listed = titles.get(scope.title) ?? new Map<string, string>();
      titles.set(scope.title, listed);
      for (const { keys, description } of scope.shortcuts) {
        if (!taken.has(keys)) listed.set(keys, description);
      }
      for (const { keys } of scope.shortcuts) taken.add(keys);
    }
    return [...titles]
      .map(([title, shortcuts]) => ({
        title,
        shortcuts: [...shortcuts].map(([keys, description]) => ({ keys, description })),
      }))
      .filter((scope) => scope.shortcuts.length > 0);
  }

  private find(fits: (shortcut: Shortcut) => boolean): Shortcut | undefined {
    for (const scope of this.reachable()) {
      const found = scope.shortcuts.find(fits);
      if (found) return found;
    }
    return undefined;
  }

  private reachable(): Scope[] {
    const from = this.scopes.findLastIndex((scope) => scope.exclusive === true);
    return this.scopes.slice(Math.max(0, from)).reverse();
  }
}

/** How the registry spells a key press. */
export function chordOf(event: KeyboardEvent, mac: boolean): string {
  const mod = mac ? event.metaKey : event.ctrlKey;
  const other = mac ? event.ctrlKey : event.metaKey;
  let key = NAMED[event.key] ?? event.key;
  // On keyboards with other letters the place of the key counts.
  if (key.length === 1 && key > "\u007f" && /^Key[A-Z]$/.test(event.code)) key = event.code.slice(3);
  const letter = /^[a-z]$/i.test(key);
  if (letter) key = key.toLowerCase();
  const shift = event.shiftKey && (letter || key.length > 1);
  return [mod && "Mod", other && (mac ? "Ctrl" : "Meta"), event.altKey && "Alt", shift && "Shift", key]
    .filter(Boolean)
    .join("+");
}

/** Whether keys write text there. */
export function isField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) {
    return true;
  }
  const noText = ["button", "checkbox", "radio", "range", "submit", "reset", "file", "color"];
  return target instanceof HTMLInputElement && !noText.includes(target.type);
}

/** Enter and Space press what has the focus. */
function pressesControl(target: EventTarget | null, chord: string): boolean {
  if (chord !== "Enter" && chord !== "Space") return false;
  return target instanceof Element && target.closest("a[href], button, summary, [role=menuitem], [role=tab]") !== null;
}

/** Arrows and their like move sliders and radio buttons. */
function movesControl(target: EventTarget | null, key: string): boolean {
  return /^(Arrow|Page|Home|End)/.test(key) && target instanceof HTMLInputElement && /^(range|radio)$/.test(target.type);
}

export const onMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** The page's one registry; `ui/use-shortcuts.ts` registers, the shell dispatches. */
export const keyRegistry = new KeyRegistry(onMac);
