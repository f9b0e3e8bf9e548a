/** Labels and months as filters: all there are before a search, those of what is searched, with counts, in one. */
import { useQuery } from "@connectrpc/connect-query";

import type { Facet } from "@/gen/argus/search/v1/search_pb.js";
import { ImageService } from "@/gen/argus/storage/v1/image_pb.js";
import { writeLabel } from "@/lib/label-filter";
import { formatCount } from "@/lib/numbers";
import { formatMonth } from "@/lib/time";
import { Chip } from "@/ui/chip";
import { LabelChoices } from "@/ui/label-choices";
import { ErrorNote, Skeleton } from "@/ui/states";

import { type Filter, toggle, toggleLabel } from "./filter";
import { useFacets } from "./use-facets";
import type { Asking } from "./use-results";

export interface FacetPanelProps {
  /** What is searched; not enabled, only what there is is offered. */
  asking: Asking;
  onFilter: (filter: Filter) => void;
}

export function FacetPanel({ asking, onFilter }: FacetPanelProps) {
  return asking.enabled ? <Counted asking={asking} onFilter={onFilter} /> : <All filter={asking.search.filter} onFilter={onFilter} />;
}

function All({ filter, onFilter }: { filter: Filter; onFilter: (filter: Filter) => void }) {
  const query = useQuery(ImageService.method.listLabels, { maxValues: 30 });
  if (query.isPending) return <Skeleton className="h-24" />;
  if (query.isError) return <ErrorNote error={query.error} />;
  if (query.data.keys.length === 0) return <NoLabels />;
  const on = new Set(filter.labels.map(writeLabel));
  return (
    <div className="flex flex-col gap-4">
      {query.data.keys.map((key) => (
        <LabelChoices
          key={key.key}
          label={key}
          more={Number(key.valueCount) - key.values.length}
          isOn={(label) => on.has(writeLabel(label))}
          onToggle={(label) => onFilter({ ...filter, labels: toggleLabel(filter.labels, label) })}
        />
      ))}
    </div>
  );
}

function Counted({ asking, onFilter }: FacetPanelProps) {
  const { status, error, facets } = useFacets(asking);
  const { filter } = asking.search;
  if (status === "pending") return <Skeleton className="h-40" />;
  if (status === "error") return <ErrorNote error={error} />;
  const labels = facets.filter(({ of }) => of.case === "labelKey");
  const shown = facets.filter((facet) => facet.values.length > 0);
  return (
    <div className="flex flex-col gap-4">
      <p className="text-xs text-pretty text-ink-faint">
        How many of your images have what, as far as the filters and the words in quotes and behind a minus leave them.
      </p>
      {shown.map((facet) => (
        <Values key={facet.of.case === "labelKey" ? facet.of.value : ""} facet={facet} filter={filter} onFilter={onFilter} />
      ))}
      {labels.length === 0 && <NoLabels />}
      {labels.length > 0 && shown.length === 0 && <p className="text-sm text-ink-soft">No image is left by these filters.</p>}
    </div>
  );
}

function Values({ facet: { of, values, more }, filter, onFilter }: { facet: Facet; filter: Filter; onFilter: (filter: Filter) => void }) {
  const key = of.case === "labelKey" ? of.value : undefined;
  const on = new Set(key === undefined ? filter.months : filter.labels.map(writeLabel));
  return (
    <section aria-label={key ?? "Month"} className="flex flex-col gap-2">
      <h2 className="truncate text-sm font-semibold">{key ?? "Month"}</h2>
      <div className="flex flex-wrap gap-1.5">
        {values.map(({ value, count }) => (
          <Chip
            key={value}
            pressed={on.has(key === undefined ? value : writeLabel({ key, value }))}
            onClick={() =>
              onFilter(
                key === undefined
                  ? { ...filter, months: toggle(filter.months, value) }
                  : { ...filter, labels: toggleLabel(filter.labels, { key, value }) },
              )
            }
          >
            {key === undefined ? sayMonth(value) : value === "" ? "(empty)" : value}{" "}
            <span className="pl-1 font-normal tabular-nums">{formatCount(count)}</span>
          </Chip>
        ))}
      </div>
      {more && <p className="text-xs text-ink-faint">and others that fewer images have</p>}
    </section>
  );
}

function NoLabels() {
  return <p className="text-sm text-pretty text-ink-soft">None of your images has a label yet. Select some in your library to label them.</p>;
}

/** `March 2026` of `2026-03`. */
export function sayMonth(month: string): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return formatMonth(new Date(Date.UTC(year, number - 1)), { timeZone: "UTC" });
}
