/** Keys as the registry spells them, as the viewer's keyboard shows them. */
import { onMac } from "@/lib/keys";

const SIGNS: Record<string, string> = {
  Mod: onMac ? "⌘" : "Ctrl",
  Alt: onMac ? "⌥" : "Alt",
  Shift: onMac ? "⇧" : "Shift",
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Escape: "Esc",
  Delete: "Del",
};

export function Kbd({ keys }: { keys: string }) {
  return (
    <span className="inline-flex items-center gap-1">
      {keys.split(" ").flatMap((chord, place) => [
        ...(place > 0 ? [<span key={`then-${place}`} className="text-xs text-ink-faint">then</span>] : []),
        ...chordParts(chord).map((part, index) => (
          <kbd
            key={`${place}-${index}`}
            className="min-w-5 rounded-sm border border-current/25 px-1 text-center font-sans text-xs leading-4.5 font-medium"
          >
            {SIGNS[part] ?? (part.length === 1 ? part.toUpperCase() : part)}
          </kbd>
        )),
      ])}
    </span>
  );
}

function chordParts(chord: string): string[] {
  // `+` itself is a key too.
  return chord.endsWith("++") ? [...chord.slice(0, -2).split("+"), "+"] : chord === "+" ? ["+"] : chord.split("+");
}
