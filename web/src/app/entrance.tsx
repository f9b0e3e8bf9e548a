/** What signing in and registering look like: a form, and beside it what Argus is about. */
import type { ReactNode } from "react";

import { useTitle } from "@/ui/page";
import { Wordmark } from "@/ui/wordmark";

export function Entrance({ title, lead, children }: { title: string; lead: string; children: ReactNode }) {
  useTitle(title);
  return (
    <div className="grid min-h-full bg-surface lg:grid-cols-2">
      <main className="flex flex-col px-6 py-8 sm:px-12">
        <Wordmark />
        <div className="my-auto w-full max-w-90 self-center py-12">
          <h1 className="text-xl font-semibold">{title}</h1>
          <p className="mt-1 mb-8 text-balance text-ink-soft">{lead}</p>
          {children}
        </div>
      </main>
      <aside aria-hidden="true" className="relative hidden overflow-hidden bg-sunken lg:block">
        <Tiles />
      </aside>
    </div>
  );
}

const COLUMNS = 9;
const ROWS = 13;
/** The one that is not like the others. */
const ODD = { column: 5, row: 5 };

/** A surface of like tiles, and one that stands out. */
function Tiles() {
  const tiles = Array.from({ length: COLUMNS * ROWS }, (_, index) => ({ column: index % COLUMNS, row: Math.floor(index / COLUMNS) }));
  return (
    <svg viewBox={`0 0 ${COLUMNS * 10} ${ROWS * 10}`} preserveAspectRatio="xMidYMid slice" className="absolute inset-0 size-full">
      {tiles.map(({ column, row }) => {
        const odd = column === ODD.column && row === ODD.row;
        const far = Math.hypot(column - ODD.column, row - ODD.row);
        return (
          <rect
            key={`${column}-${row}`}
            x={column * 10 + 0.75}
            y={row * 10 + 0.75}
            width={8.5}
            height={8.5}
            rx={1}
            className={odd ? "fill-accent" : "fill-ink"}
            // Texture without chance: the same at every visit.
            opacity={odd ? 1 : 0.03 + 0.05 * Math.abs(Math.sin(column * 12.9 + row * 78.2)) + 0.05 / (1 + far)}
            transform={odd ? `rotate(9 ${column * 10 + 5} ${row * 10 + 5})` : undefined}
          />
        );
      })}
      <rect
        x={ODD.column * 10 - 1.5}
        y={ODD.row * 10 - 1.5}
        width={13}
        height={13}
        rx={2}
        fill="none"
        strokeWidth={0.35}
        className="stroke-accent"
      />
    </svg>
  );
}
