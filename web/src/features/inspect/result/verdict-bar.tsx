/** What a person says of an image: two large buttons at the thumb, their keys, a label, a note, a place. */
import { useId, useRef, useState } from "react";

import type { Drawn, Shape } from "@/lib/outline";
import { Button, IconButton } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { cx } from "@/ui/cx";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { BoxIcon, CheckIcon, ChevronRightIcon, type Icon, LassoIcon, TagIcon, UndoIcon, WarningIcon } from "@/ui/icons";
import { Kbd } from "@/ui/kbd";
import { useBarHeight } from "@/ui/use-bar-height";
import { useShortcuts } from "@/ui/use-shortcuts";

import type { Judgement } from "./judgement";

export interface VerdictBarProps {
  onJudge: (judgement: Judgement) => void;
  onSkip?: (() => void) | undefined;
  /** What undo would take back; undefined if nothing. */
  last: string | undefined;
  onUndo: () => void;
  /** Kinds of defect that were named before. */
  labels: readonly string[];
  /** What was said of it already, shown as pressed. */
  said?: Judgement["kind"] | undefined;
  region: Drawn | undefined;
  drawing: Shape | undefined;
  onDrawing: (drawing: Shape | undefined) => void;
  onRegion: (region: undefined) => void;
  disabled?: boolean;
}

export function VerdictBar({ onJudge, onSkip, last, onUndo, labels, said, region, drawing, onDrawing, onRegion, disabled = false }: VerdictBarProps) {
  const [note, setNote] = useState("");
  const [naming, setNaming] = useState(false);
  const bar = useRef<HTMLDivElement>(null);
  useBarHeight(bar);
  const noteField = useRef<HTMLInputElement>(null);
  const judge = (kind: Judgement["kind"], label?: string): void => {
    onJudge({ kind, note, region, ...(label !== undefined && { label }) });
    setNote("");
  };
  const draw = (shape: Shape): void => onDrawing(drawing === shape ? undefined : shape);
  useShortcuts({ title: "Verdict", enabled: !disabled }, [
    { keys: "a", description: "Anomalous", run: () => judge("anomalous") },
    { keys: "n", description: "Normal", run: () => judge("normal") },
    { keys: "l", description: "Name the kind of defect", run: () => setNaming(true) },
    ...(onSkip ? [{ keys: "s", description: "Skip", run: onSkip }] : []),
    { keys: "b", description: "Draw a box around the defect", run: () => draw("box") },
    { keys: "o", description: "Draw the defect's outline", run: () => draw("outline") },
    { keys: "e", description: "Write a note", run: () => noteField.current?.focus() },
  ]);
  // Undo is there also when there is nothing left to judge.
  useShortcuts({ title: "Verdict" }, [{ keys: "Mod+z", description: "Undo", run: onUndo }]);

  return (
    <div ref={bar} role="group" aria-label="Your verdict" className="flex shrink-0 flex-wrap items-center gap-2 border-t border-line bg-surface px-4 py-3">
      <div className="flex w-full gap-2 sm:w-auto">
        <Large icon={WarningIcon} tone="anomalous" label="Anomalous" keys="a" pressed={said === "anomalous" || said === "label"} disabled={disabled} onClick={() => judge("anomalous")} />
      <Large icon={CheckIcon} tone="normal" label="Normal" keys="n" pressed={said === "normal"} disabled={disabled} onClick={() => judge("normal")} />
      </div>
      <div className="flex items-center gap-1">
        {onSkip && (
          <Button variant="quiet" size="md" icon={ChevronRightIcon} disabled={disabled} onClick={onSkip}>
            Skip <span className="hidden lg:inline"><Kbd keys="s" /></span>
          </Button>
        )}
        <IconButton size="md" icon={TagIcon} label="Name the kind of defect" keys="l" disabled={disabled} onClick={() => setNaming(true)} />
        <IconButton size="md" icon={BoxIcon} label={drawing === "box" ? "Stop drawing" : "Draw a box around the defect"} keys="b" pressed={drawing === "box"} disabled={disabled} onClick={() => draw("box")} />
        <IconButton size="md" icon={LassoIcon} label={drawing === "outline" ? "Stop drawing the outline" : "Draw the defect's outline"} keys="o" pressed={drawing === "outline"} disabled={disabled} onClick={() => draw("outline")} />
        <IconButton size="md" icon={UndoIcon} label={last ? `Undo: ${last}` : "Undo"} keys="Mod+z" disabled={last === undefined} onClick={onUndo} />
      </div>
      {region && <Chip tone="accent" onRemove={() => onRegion(undefined)} removeLabel={region.outline ? "Remove the outline" : "Remove the box"}>{region.outline ? "Outline drawn" : "Box drawn"}</Chip>}
      <div className="min-w-24 flex-1">
        <TextField
          ref={noteField}
          label="Note"
          hideLabel
          placeholder="Note with your verdict"
          value={note}
          maxLength={4000}
          disabled={disabled}
          onChange={(event) => setNote(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") event.currentTarget.blur();
            if (event.key === "Enter" && note.trim() !== "") {
              event.preventDefault();
              judge("comment");
              event.currentTarget.blur();
            }
          }}
        />
      </div>
      {naming && <LabelDialog labels={labels} onClose={() => setNaming(false)} onLabel={(label) => {
            setNaming(false);
            judge("label", label);
          }} />}
    </div>
  );
}

function Large({ icon: Shape, tone, label, keys, pressed, disabled, onClick }: { icon: Icon; tone: "normal" | "anomalous"; label: string; keys: string; pressed: boolean; disabled: boolean; onClick: () => void }) {
  return (
    <button
      type="button"
      aria-pressed={pressed}
      aria-keyshortcuts={keys}
      disabled={disabled}
      onClick={onClick}
      className={cx(
        "flex h-14 flex-1 items-center justify-center gap-2 rounded-md px-5 font-medium ring-inset transition-colors sm:h-12 sm:flex-none disabled:opacity-40 aria-pressed:ring-2",
        tone === "normal" ? "bg-normal-soft text-normal hover:ring-2 ring-normal" : "bg-anomalous-soft text-anomalous hover:ring-2 ring-anomalous",
      )}
    >
      <Shape />
      {label}
      <span className="hidden lg:inline">
        <Kbd keys={keys} />
      </span>
    </button>
  );
}

function LabelDialog({ labels, onLabel, onClose }: { labels: readonly string[]; onLabel: (label: string) => void; onClose: () => void }) {
  const [text, setText] = useState("");
  const form = useId();
  const label = text.trim();
  const fitting = labels.filter((each) => each.toLowerCase().includes(label.toLowerCase())).slice(0, 12);
  return (
    <Dialog
      title="Kind of defect"
      width="sm"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" type="submit" form={form} disabled={label === ""}>
            Label
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (label !== "") onLabel(label);
        }}
      >
        {/* The dialog was opened to type into it. */}
        {/* eslint-disable-next-line jsx-a11y/no-autofocus */}
        <TextField label="Label" hint="Such as crack or scratch; “normal” says that it is none." autoFocus value={text} maxLength={64} onChange={(event) => setText(event.target.value)} />
        {fitting.length > 0 && (
          <div className="flex flex-wrap gap-1" role="group" aria-label="Labels used before">
            {fitting.map((each) => (
              <Chip key={each} onClick={() => onLabel(each)}>
                {each}
              </Chip>
            ))}
          </div>
        )}
      </form>
    </Dialog>
  );
}
