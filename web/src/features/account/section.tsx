/** A part of the account page, with its heading. */
import { type ReactNode, useId } from "react";

export function Section({ title, lead, actions, children }: { title: string; lead: string; actions?: ReactNode; children?: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="flex flex-col gap-3 border-t border-line py-6">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="flex flex-col gap-1">
          <h2 id={id} className="text-lg font-semibold">
            {title}
          </h2>
          <p className="max-w-120 text-sm text-ink-soft">{lead}</p>
        </div>
        {actions}
      </div>
      {children}
    </section>
  );
}
