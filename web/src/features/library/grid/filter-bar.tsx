/** Which images the library shows: labels, state, days and order. The address says the same. */
import { type SubmitEvent, useState } from "react";

import { sayLabel, writeLabel } from "@/lib/label-filter";
import { Button } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { Select, TextField } from "@/ui/field";
import { FilterIcon, TagIcon } from "@/ui/icons";
import { LabelChoices } from "@/ui/label-choices";
import { Popover } from "@/ui/popover";

import { EVERYTHING, isFiltered, type LibraryQuery, type Status, toggleLabel } from "../filter";
import { useLabels } from "../labels/use-labels";

const STATUS_WORDS: Record<Status, string> = { indexed: "Searchable", indexing: "Being indexed", failed: "Failed" };
const STATUS_OPTIONS = [
  { value: "", label: "Any state" },
  ...(["indexed", "indexing", "failed"] as const).map((value) => ({ value, label: STATUS_WORDS[value] })),
];
const ORDERS = [
  { value: "newest", label: "Newest first" },
  { value: "oldest", label: "Oldest first" },
];

export interface FilterBarProps {
  query: LibraryQuery;
  onChange: (query: LibraryQuery) => void;
}

export function FilterBar({ query, onChange }: FilterBarProps) {
  return (
    <div role="group" aria-label="Filters" className="flex min-w-0 flex-wrap items-center gap-2">
      <Popover label="Filter by label" icon={TagIcon} panel={<LabelPanel query={query} onChange={onChange} />}>
        Labels
      </Popover>
      <Popover label="Filter by state, time and name" icon={FilterIcon} panel={<MorePanel query={query} onChange={onChange} />}>
        Filter
      </Popover>
      {query.labels.map((condition) => (
        <Removable key={writeLabel(condition)} onRemove={() => onChange(toggleLabel(query, condition))}>
          {sayLabel(condition)}
        </Removable>
      ))}
      {query.status && <Removable onRemove={() => onChange({ ...query, status: undefined })}>{STATUS_WORDS[query.status]}</Removable>}
      {query.from && <Removable onRemove={() => onChange({ ...query, from: undefined })}>{`from ${query.from}`}</Removable>}
      {query.to && <Removable onRemove={() => onChange({ ...query, to: undefined })}>{`until ${query.to}`}</Removable>}
      {query.filename && <Removable onRemove={() => onChange({ ...query, filename: undefined })}>{query.filename}</Removable>}
      {isFiltered(query) && (
        <Button variant="quiet" onClick={() => onChange({ ...EVERYTHING, order: query.order, trash: query.trash })}>
          Clear filters
        </Button>
      )}
    </div>
  );
}

function Removable({ children, onRemove }: { children: string; onRemove: () => void }) {
  return (
    <Chip tone="accent" onRemove={onRemove} removeLabel={`Remove the filter ${children}`}>
      {children}
    </Chip>
  );
}

function LabelPanel({ query, onChange }: FilterBarProps) {
  const labels = useLabels();
  const [text, setText] = useState("");
  if (labels.length === 0) {
    return <p className="text-sm text-pretty text-ink-soft">None of your images has a label yet. Select some and press “Label”.</p>;
  }
  const wanted = text.trim().toLowerCase();
  const on = new Set(query.labels.map(writeLabel));
  const fitting = labels.flatMap((label) => {
    const values = label.values.filter(({ value }) => label.key.includes(wanted) || value.toLowerCase().includes(wanted));
    return values.length > 0 ? [{ ...label, values }] : [];
  });
  return (
    <div className="flex flex-col gap-4">
      <TextField label="Find a label" hideLabel size="sm" placeholder="Find a label" value={text} onChange={(event) => setText(event.target.value)} />
      {fitting.map((label) => (
        <LabelChoices
          key={label.key}
          label={label}
          more={wanted === "" ? Number(label.valueCount) - label.values.length : 0}
          isOn={(condition) => on.has(writeLabel(condition))}
          onToggle={(condition) => onChange(toggleLabel(query, condition))}
        />
      ))}
      {fitting.length === 0 && <p className="text-sm text-ink-soft">No label has that in its name.</p>}
    </div>
  );
}

function MorePanel({ query, onChange }: FilterBarProps) {
  return (
    <div className="flex flex-col gap-3">
      <FilenameField query={query} onChange={onChange} />
      <Select
        label="State"
        size="sm"
        options={STATUS_OPTIONS}
        value={query.status ?? ""}
        onChange={(value) => onChange({ ...query, status: value in STATUS_WORDS ? (value as Status) : undefined })}
      />
      <TextField label="From" size="sm" type="date" value={query.from ?? ""} onChange={(event) => onChange({ ...query, from: event.target.value || undefined })} />
      <TextField label="Until" size="sm" type="date" value={query.to ?? ""} onChange={(event) => onChange({ ...query, to: event.target.value || undefined })} />
      <Select
        label="Order"
        size="sm"
        options={ORDERS}
        value={query.order}
        onChange={(value) => onChange({ ...query, order: value === "oldest" ? "oldest" : "newest" })}
      />
    </div>
  );
}

/** Asked for when it is complete: a part of a name finds nothing. */
function FilenameField({ query, onChange }: FilterBarProps) {
  const { filename } = query;
  const [name, setName] = useState(filename ?? "");
  const [was, setWas] = useState(filename);
  if (was !== filename) {
    setWas(filename);
    setName(filename ?? "");
  }
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    onChange({ ...query, filename: name.trim() || undefined });
  };
  return (
    <form onSubmit={submit}>
      <TextField
        label="File name"
        size="sm"
        placeholder="All of it, such as bolt-7.jpg"
        hint="Press Enter"
        enterKeyHint="search"
        autoComplete="off"
        maxLength={255}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
    </form>
  );
}
