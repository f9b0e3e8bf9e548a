/** The sheet of shortcuts is the shell's; a view whose keys hide the shell's asks for it here. */
const listeners = new Set<() => void>();

export function openShortcutSheet(): void {
  for (const listener of listeners) listener();
}

export function onShortcutSheet(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
