/** The `?` sheet: what the keyboard does right now, straight from the registry. */
import type { ListedScope } from "@/lib/keys";
import { Dialog } from "@/ui/dialog";
import { Kbd } from "@/ui/kbd";

export function ShortcutSheet({ scopes, onClose }: { scopes: readonly ListedScope[]; onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" reading onClose={onClose} width="lg">
      <div className="gap-x-12 sm:columns-2">
        {scopes.map((scope) => (
          <section key={scope.title} className="mb-6 break-inside-avoid last:mb-0">
            <h3 className="mb-2 text-xs font-semibold tracking-wide text-ink-faint uppercase">{scope.title}</h3>
            <dl>
              {scope.shortcuts.map((shortcut) => (
                <div key={shortcut.keys} className="flex min-h-8 items-center justify-between gap-4 border-b border-line py-1 text-sm last:border-0">
                  <dt>{shortcut.description}</dt>
                  <dd className="shrink-0 text-ink-soft">
                    <Kbd keys={shortcut.keys} />
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
