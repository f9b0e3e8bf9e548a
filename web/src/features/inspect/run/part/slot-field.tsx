/** Where one picture of a part goes: dropped, chosen, or the same as another's. */
import { type ReactNode, useState } from "react";

import type { FoundFile } from "@/lib/dropped-files";
import { Button } from "@/ui/button";
import { DropZone, useFileDrop } from "@/ui/drop-zone";
import { Select } from "@/ui/field";
import { LibraryIcon } from "@/ui/icons";

import { LibraryPicker } from "../library-picker";
import type { Chosen, Slot } from "./part-slots";

export interface SlotFieldProps {
  /** Whose picture it is, as a heading. */
  name: string;
  note?: ReactNode;
  picture: Chosen | undefined;
  /** Others whose picture it may take. */
  lenders?: readonly Slot[];
  /** Whose it takes; empty for its own. */
  sameAs?: string;
  onSameAs?: (setId: string) => void;
  onFile: (file: FoundFile) => void;
  onStored: (imageId: string) => void;
  onClear: () => void;
}

export function SlotField({ name, note, picture, lenders = [], sameAs = "", onSameAs, onFile, onStored, onClear }: SlotFieldProps) {
  const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  const [picking, setPicking] = useState(false);
  const take = ([file]: readonly FoundFile[]): void => {
    if (file) onFile(file);
  };
  const drop = useFileDrop(take);
  return (
    <section aria-label={name} className="flex flex-col gap-2 rounded-lg border border-line bg-surface p-3" {...drop.handlers}>
      <div className="flex flex-wrap items-baseline justify-between gap-x-3">
        <h2 className="min-w-0 font-medium [overflow-wrap:anywhere]">{title}</h2>
        {picture && <span className="max-w-full truncate text-sm text-ink-soft">{picture.name}</span>}
      </div>
      {note}
      {picture ? (
        <div className="grid h-48 place-items-center overflow-hidden rounded-md bg-sunken">
          {picture.src === undefined ? <span className="text-sm text-ink-faint">No preview</span> : <img src={picture.src} alt={`For ${name}: ${picture.name}`} className="max-h-48 max-w-full object-contain" />}
        </div>
      ) : (
        <DropZone onFiles={take} multiple={false} label={`Drop a picture of ${name}`} hint="or press to choose a file" className="h-48" />
      )}
      <div className="flex flex-wrap items-center gap-2">
        <Button icon={LibraryIcon} aria-label={`From the library: ${name}`} onClick={() => setPicking(true)}>From the library</Button>
        {picture && sameAs === "" && <Button variant="quiet" aria-label={`Take away: ${name}`} onClick={onClear}>Take away</Button>}
        {onSameAs && (lenders.length > 0 || sameAs !== "") && (
          <Select
            label={`Picture of ${name}`}
            hideLabel
            size="sm"
            className="max-w-56"
            value={sameAs}
            options={[{ value: "", label: "A picture of its own" }, ...lenders.map((slot) => ({ value: slot.setId, label: `Same picture as ${slot.name}` }))]}
            onChange={onSameAs}
          />
        )}
      </div>
      {picking && (
        <LibraryPicker
          single
          onClose={() => setPicking(false)}
          onChoose={([imageId]) => {
            setPicking(false);
            if (imageId !== undefined) onStored(imageId);
          }}
        />
      )}
    </section>
  );
}
