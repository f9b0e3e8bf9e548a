/** What the wanted images are like and unlike besides: each with its weight, and a way to take it away. */
import { type SubmitEvent, useState } from "react";

import { Button, IconButton } from "@/ui/button";
import { cx } from "@/ui/cx";
import { Slider, TextField } from "@/ui/field";
import { BoxIcon, CloseIcon, MinusIcon, PlusIcon } from "@/ui/icons";
import { Popover } from "@/ui/popover";
import { Segmented } from "@/ui/tabs";

import { PictureThumb, type Shown, useShown } from "./picture-thumb";
import type { Picture } from "./pictures";
import { type Example, LEAST_WEIGHT, MOST_EXAMPLES } from "./query";

const MOST_BY_HAND = 3;
const SIDES = [
  { key: "more", label: "More like it" },
  { key: "less", label: "Less like it" },
] as const;

export interface ExampleChipsProps {
  examples: readonly Example[];
  pictureOf: (id: string) => Picture | undefined;
  onExamples: (examples: Example[]) => void;
  /** Somebody wants a part of the picture of an example. */
  onPart: (at: number) => void;
}

export function ExampleChips({ examples, pictureOf, onExamples, onPart }: ExampleChipsProps) {
  return examples.map((example, at) => (
    <ExampleChip
      key={`${at} ${JSON.stringify(example.of)}`}
      example={example}
      pictureOf={pictureOf}
      onChange={(changed) => onExamples(examples.map((each, index) => (index === at ? changed : each)))}
      onRemove={() => onExamples(examples.filter((_, index) => index !== at))}
      onPart={() => onPart(at)}
    />
  ));
}

interface ExampleChipProps {
  example: Example;
  pictureOf: (id: string) => Picture | undefined;
  onChange: (example: Example) => void;
  onRemove: () => void;
  onPart: () => void;
}

function ExampleChip({ example, pictureOf, onChange, onRemove, onPart }: ExampleChipProps) {
  const { of, weight, unlike, region } = example;
  const shown = useShown(of.kind === "words" ? undefined : of, pictureOf);
  const name = of.kind === "words" ? `“${of.text}”` : shown.label;
  const said = `${unlike ? "less" : "more"} like ${name}${region ? ", a part" : ""}`;
  const Sign = unlike ? MinusIcon : PlusIcon;
  return (
    <span className={cx("inline-flex h-8 max-w-72 items-center rounded-md text-sm", unlike ? "bg-sunken text-ink-soft" : "bg-accent-soft text-accent")}>
      <Popover
        label={said}
        className="min-w-0 shrink! justify-start! gap-1.5! px-2! text-current!"
        panel={<ExamplePanel example={example} shown={shown} name={name} onChange={onChange} onPart={onPart} />}
      >
        <Sign width={14} height={14} className="shrink-0" />
        <span className="sr-only">{unlike ? "Less like" : "More like"}</span>
        {of.kind !== "words" && <PictureThumb shown={shown} region={region} className="size-6 shrink-0 rounded-sm" />}
        <span className={cx("max-w-40 truncate", of.kind !== "words" && "max-sm:sr-only")}>{name}</span>
        {region && <span className="sr-only">, a part</span>}
        {weight !== 1 && <span className="tabular-nums">× {weight}</span>}
      </Popover>
      <IconButton icon={CloseIcon} label={`Remove: ${said}`} className="-ml-1 text-current!" onClick={onRemove} />
    </span>
  );
}

interface ExamplePanelProps {
  example: Example;
  shown: Shown;
  name: string;
  onChange: (example: Example) => void;
  onPart: () => void;
}

function ExamplePanel({ example, shown, name, onChange, onPart }: ExamplePanelProps) {
  const [weight, setWeight] = useState(example.weight);
  const round = (value: number): number => Math.max(LEAST_WEIGHT, Number(value.toFixed(1)));
  return (
    <div className="flex flex-col gap-4 text-ink">
      <div className="flex items-center gap-3">
        {example.of.kind !== "words" && <PictureThumb shown={shown} region={example.region} className="size-16 shrink-0 rounded-sm" />}
        <p className="min-w-0 text-sm font-medium break-words">{name}</p>
      </div>
      <Segmented
        label="What is wanted"
        options={SIDES}
        value={example.unlike ? "less" : "more"}
        onChange={(side) => onChange({ ...example, unlike: side === "less" })}
      />
      <Slider
        label="Weight"
        min={LEAST_WEIGHT}
        max={Math.max(MOST_BY_HAND, example.weight)}
        step={0.1}
        value={weight}
        format={(value) => `× ${value}`}
        onChange={(value) => setWeight(round(value))}
        onCommit={(value) => round(value) !== example.weight && onChange({ ...example, weight: round(value) })}
      />
      {example.unlike && <p className="text-xs text-pretty text-ink-faint">What is not wanted counts half as much as what is wanted.</p>}
      {example.of.kind !== "words" && !shown.gone && (
        <Button icon={BoxIcon} onClick={onPart}>
          {example.region ? "Choose another part" : "Only a part of it"}
        </Button>
      )}
    </div>
  );
}

/** Words as an example, wanted or not, with a weight of their own. */
export function AddExample({ examples, onExamples }: Pick<ExampleChipsProps, "examples" | "onExamples">) {
  const full = examples.length >= MOST_EXAMPLES;
  return (
    <Popover
      label="Add more or less of something"
      icon={PlusIcon}
      panel={full ? <p className="text-sm text-ink-soft">A search has at most {MOST_EXAMPLES} examples. Remove one first.</p> : <AddPanel onAdd={(example) => onExamples([...examples, example])} />}
    >
      More or less
    </Popover>
  );
}

function AddPanel({ onAdd }: { onAdd: (example: Example) => void }) {
  const [text, setText] = useState("");
  const add = (unlike: boolean): void => {
    const words = text.trim();
    if (words === "") return;
    onAdd({ of: { kind: "words", text: words }, weight: 1, unlike });
    setText("");
  };
  return (
    <form
      onSubmit={(event: SubmitEvent) => {
        event.preventDefault();
        add(false);
      }}
      className="flex flex-col gap-3"
    >
      <TextField
        label="Words"
        size="sm"
        placeholder="at night"
        autoComplete="off"
        hint="Add pictures with + and − on a result."
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <div className="flex gap-2">
        <Button type="submit" icon={PlusIcon} disabled={text.trim() === ""}>
          More of it
        </Button>
        <Button icon={MinusIcon} disabled={text.trim() === ""} onClick={() => add(true)}>
          Less of it
        </Button>
      </div>
    </form>
  );
}
