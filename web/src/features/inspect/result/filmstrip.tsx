/** The images of a run or a sitting in a row; the one on screen stays in view. */
import { useEffect, useRef } from "react";

import type { InspectResponse } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { cx } from "@/ui/cx";
import { Thumb } from "@/ui/thumb";

import { isAlarm, verdictWord } from "./words";

export interface Film {
  readonly key: string;
  readonly name: string;
  readonly thumb?: string | undefined;
  readonly thumbhash?: Uint8Array | undefined;
  readonly found?: Pick<InspectResponse, "verdict"> | undefined;
}

/** So many before and behind the chosen one are drawn. */
const AROUND = 60;

export function Filmstrip({ label, films, chosen, onChoose }: { label: string; films: readonly Film[]; chosen: string; onChoose: (key: string) => void }) {
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    const film = list.current?.querySelector<HTMLElement>("[aria-current]");
    if (film && list.current) list.current.scrollTo({ left: film.offsetLeft - list.current.clientWidth / 2 + film.clientWidth / 2 });
  }, [chosen]);
  const at = films.findIndex((film) => film.key === chosen);
  const first = Math.max(0, at - AROUND);
  return (
    <ol ref={list} aria-label={label} className="relative flex shrink-0 gap-1 overflow-x-auto border-t border-line bg-surface px-4 py-2">
      {films.slice(first, at + AROUND).map((film, index) => (
        <li key={film.key} className="shrink-0">
          <button
            type="button"
            tabIndex={film.key === chosen ? 0 : -1}
            aria-current={film.key === chosen ? "true" : undefined}
            aria-label={`${first + index + 1} of ${films.length}: ${film.name}${film.found ? `, ${verdictWord(film.found).toLowerCase()}` : ""}`}
            onClick={() => onChoose(film.key)}
            className={cx(
              "block size-12 overflow-hidden rounded-sm border-b-4 ring-accent ring-offset-1 ring-offset-surface aria-[current]:ring-2",
              !film.found ? "border-line" : isAlarm(film.found) ? "border-anomalous" : "border-normal",
            )}
          >
            <Thumb src={film.thumb} alt="" thumbhash={film.thumbhash} className="size-full" />
          </button>
        </li>
      ))}
    </ol>
  );
}
