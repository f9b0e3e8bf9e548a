/** Below the box: filters, examples, and how it is searched; what is in force as chips that can be taken away. */
import { type ReactNode } from "react";

import { countOf } from "@/lib/numbers";
import { Button } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { FilterIcon, MoreIcon, TagIcon } from "@/ui/icons";
import { Popover } from "@/ui/popover";

import { AddExample, ExampleChips } from "./example-chips";
import { FacetPanel, sayMonth } from "./facet-panel";
import { NO_FILTER } from "./filter";
import { FilterForm } from "./filter-form";
import { conditionsOf } from "./filter-words";
import { SearchHint } from "./hint";
import { deviationsOf, MannerPanel } from "./manner-panel";
import { readMarks, sayMark, withoutMark } from "./marks";
import { PLAIN, type Search } from "./query";
import type { Asking } from "./use-results";

export interface ToolbarProps {
  asking: Asking;
  onSearch: (search: Search) => void;
  /** Somebody wants a part of the picture of an example. */
  onPart: (example: number) => void;
  /** The model reads words. */
  hasText: boolean;
  /** What the app adds. */
  slot: ReactNode;
}

export function Toolbar({ asking, onSearch, onPart, hasText, slot }: ToolbarProps) {
  const { search, pictureOf } = asking;
  const { filter, manner, text, examples, without } = search;
  const change = (some: Partial<Search>): void => onSearch({ ...search, ...some });
  const marks = readMarks(text).marks;
  const conditions = conditionsOf(filter, sayMonth);
  const deviations = deviationsOf(manner);
  return (
    <div className="flex w-full min-w-0 flex-col gap-2">
      <div role="group" aria-label="Filters" className="flex min-w-0 flex-wrap items-center gap-x-1 gap-y-2">
        <Popover label="Filter by label and month" icon={TagIcon} panel={<FacetPanel asking={asking} onFilter={(next) => change({ filter: next })} />}>
          Labels
        </Popover>
        <Popover label="Filter by day, name, type and size" icon={FilterIcon} panel={<FilterForm filter={filter} onFilter={(next) => change({ filter: next })} />}>
          Filter
        </Popover>
        {hasText && <AddExample examples={examples} onExamples={(next) => change({ examples: next })} />}
        <Popover label="How to search" icon={MoreIcon} panel={<MannerPanel manner={manner} hasWords={text !== ""} onManner={(next) => change({ manner: next })} />}>
          Options
        </Popover>
        <SearchHint />
        {slot}
      </div>
      {(marks.length > 0 || examples.length > 0 || conditions.length > 0 || deviations.length > 0 || without.length > 0) && (
        <div role="group" aria-label="In force" className="flex min-w-0 flex-wrap items-center gap-2">
          <ExampleChips examples={examples} pictureOf={pictureOf} onExamples={(next) => change({ examples: next })} onPart={onPart} />
          {marks.map((mark) => (
            <Removable key={`${mark.start}`} tone={mark.lacking ? "neutral" : "accent"} onRemove={() => change({ text: withoutMark(text, mark) })}>
              {sayMark(mark)}
            </Removable>
          ))}
          {conditions.map(({ key, words, without: rest }) => (
            <Removable key={key} onRemove={() => change({ filter: rest })}>
              {words}
            </Removable>
          ))}
          {deviations.map(({ words, without: rest }) => (
            <Removable key={words} onRemove={() => change({ manner: rest })}>
              {words}
            </Removable>
          ))}
          {without.length > 0 && <Removable onRemove={() => change({ without: [] })}>{`${countOf(without.length, "image")} left out`}</Removable>}
          {conditions.length + deviations.length > 1 && (
            <Button variant="quiet" onClick={() => change({ filter: NO_FILTER, manner: PLAIN })}>
              Clear filters
            </Button>
          )}
        </div>
      )}
    </div>
  );
}

function Removable({ children, tone = "accent", onRemove }: { children: string; tone?: "accent" | "neutral"; onRemove: () => void }) {
  return (
    <Chip tone={tone} onRemove={onRemove} removeLabel={`Remove the filter ${children}`}>
      {children}
    </Chip>
  );
}
