/** Which images are searched: days, name, type and size, as a small form. */
import { useQuery } from "@connectrpc/connect-query";
import { type SubmitEvent, useState } from "react";

import { InstallationService } from "@/gen/argus/installation/v1/installation_pb.js";
import { Button } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { TextField } from "@/ui/field";

import { type Filter, toggle } from "./filter";
import { bytesOfMegabytes, megabytesOf, pixelsOf, sayType } from "./filter-words";

export interface FilterFormProps {
  filter: Filter;
  onFilter: (filter: Filter) => void;
}

/** What was typed, until it is taken over. */
interface Typed {
  name: string;
  from: string;
  to: string;
  least: string;
  most: string;
  width: string;
  height: string;
}

function typedOf(filter: Filter): Typed {
  return {
    name: filter.name ?? "",
    from: filter.from ?? "",
    to: filter.to ?? "",
    least: megabytesOf(filter.leastBytes),
    most: megabytesOf(filter.mostBytes),
    width: String(filter.leastWidth ?? ""),
    height: String(filter.leastHeight ?? ""),
  };
}

export function FilterForm({ filter, onFilter }: FilterFormProps) {
  const installation = useQuery(InstallationService.method.getInstallation, {}, { staleTime: 300_000 }).data;
  const now = JSON.stringify(filter);
  const [typed, setTyped] = useState(() => typedOf(filter));
  const [was, setWas] = useState(now);
  if (was !== now) {
    setWas(now);
    setTyped(typedOf(filter));
  }
  const type = (change: Partial<Typed>): void => setTyped({ ...typed, ...change });
  const upsideDown = typed.from !== "" && typed.to !== "" && typed.from > typed.to;
  const turned = typed.least !== "" && typed.most !== "" && Number(typed.least) > Number(typed.most);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (upsideDown || turned) return;
    onFilter({
      labels: filter.labels,
      months: filter.months,
      types: filter.types,
      ...given("name", typed.name.trim() || undefined),
      ...given("from", typed.from || undefined),
      ...given("to", typed.to || undefined),
      ...given("leastBytes", bytesOfMegabytes(typed.least)),
      ...given("mostBytes", bytesOfMegabytes(typed.most)),
      ...given("leastWidth", pixelsOf(typed.width)),
      ...given("leastHeight", pixelsOf(typed.height)),
    });
  };
  const types = [...new Set([...(installation?.limits?.images?.contentTypes ?? []), ...filter.types])];
  return (
    <form onSubmit={submit} aria-label="Filters of images" className="flex flex-col gap-3">
      <TextField
        label="File name has"
        size="sm"
        placeholder="beach, or old town"
        autoComplete="off"
        maxLength={255}
        value={typed.name}
        onChange={(event) => type({ name: event.target.value })}
      />
      <div className="grid grid-cols-2 gap-3">
        <TextField label="Added from" size="sm" type="date" value={typed.from} onChange={(event) => type({ from: event.target.value })} />
        <TextField
          label="Until"
          size="sm"
          type="date"
          value={typed.to}
          error={upsideDown ? "Before the first day" : undefined}
          onChange={(event) => type({ to: event.target.value })}
        />
        <Amount label="At least, MB" value={typed.least} step="any" onChange={(least) => type({ least })} />
        <Amount label="At most, MB" value={typed.most} step="any" error={turned ? "Less than the least" : undefined} onChange={(most) => type({ most })} />
        <Amount label="Least width, pixels" value={typed.width} step="1" onChange={(width) => type({ width })} />
        <Amount label="Least height, pixels" value={typed.height} step="1" onChange={(height) => type({ height })} />
      </div>
      {types.length > 0 && (
        <div role="group" aria-label="Type" className="flex flex-col gap-2">
          <span className="text-sm font-medium">Type</span>
          <div className="flex flex-wrap gap-1.5">
            {types.map((each) => (
              <Chip key={each} pressed={filter.types.includes(each)} onClick={() => onFilter({ ...filter, types: toggle(filter.types, each) })}>
                {sayType(each)}
              </Chip>
            ))}
          </div>
        </div>
      )}
      <Button type="submit" variant="primary" className="self-end">
        Apply
      </Button>
    </form>
  );
}

function Amount({ label, value, step, error, onChange }: { label: string; value: string; step: string; error?: string | undefined; onChange: (value: string) => void }) {
  return <TextField label={label} size="sm" type="number" min={0} step={step} inputMode="decimal" value={value} error={error} onChange={(event) => onChange(event.target.value)} />;
}

function given<K extends keyof Filter>(field: K, value: Filter[K] | undefined): Partial<Pick<Filter, K>> {
  return value === undefined ? {} : ({ [field]: value } as Partial<Pick<Filter, K>>);
}
