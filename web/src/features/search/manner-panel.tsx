/** How it is searched: what gives the order, how much matches differ, near-duplicates, exactness. */
import { useState } from "react";

import { formatScore } from "@/lib/numbers";
import { Checkbox, Select, Slider, TextField } from "@/ui/field";

import type { Manner, Matching, Within } from "./query";

const MATCHINGS: readonly { value: Matching; label: string }[] = [
  { value: "auto", label: "What fits the words" },
  { value: "meaning", label: "What the pictures show" },
  { value: "words", label: "Words in names and labels" },
  { value: "both", label: "Both" },
];

const WITHIN: readonly { value: Within; label: string }[] = [
  { value: "auto", label: "What fits the search" },
  { value: "parts", label: "Images and parts of them" },
  { value: "whole", label: "Whole images" },
];

export interface MannerPanelProps {
  manner: Manner;
  /** There are words; else nothing can be looked for in names and labels. */
  hasWords: boolean;
  onManner: (manner: Manner) => void;
}

export function MannerPanel({ manner, hasWords, onManner }: MannerPanelProps) {
  const change = (some: Partial<Manner>): void => onManner({ ...manner, ...some });
  return (
    <div className="flex flex-col gap-4">
      <Select
        label="Order by"
        size="sm"
        options={MATCHINGS}
        value={manner.matching}
        disabled={!hasWords}
        hint={hasWords ? undefined : "Without words it is by what the pictures show."}
        onChange={(value) => change({ matching: MATCHINGS.find((each) => each.value === value)?.value ?? "auto" })}
      />
      <Select
        label="Look at"
        size="sm"
        options={WITHIN}
        value={manner.within}
        hint={manner.within === "parts" ? "Finds small things, and says in which part of an image." : undefined}
        onChange={(value) => change({ within: WITHIN.find((each) => each.value === value)?.value ?? "auto" })}
      />
      {hasWords && (manner.matching === "auto" || manner.matching === "both") && (
        <Settled label="Weight of words beside meaning" min={0.1} max={10} step={0.1} value={manner.wordsWeight} format={(value) => `× ${value}`} onSettled={(wordsWeight) => change({ wordsWeight })} />
      )}
      <Settled
        label="How much results differ"
        min={0}
        max={1}
        step={0.05}
        value={manner.diversity}
        format={(value) => (value === 0 ? "best first" : `${Math.round(value * 100)} %`)}
        onSettled={(diversity) => change({ diversity })}
      />
      <Checkbox label="Show near-duplicates once" checked={manner.fold} onChange={(event) => change({ fold: event.target.checked })} />
      <Checkbox label="Compare every image exactly (slower)" checked={manner.exact} onChange={(event) => change({ exact: event.target.checked })} />
      <LeastScore value={manner.minScore} onValue={(minScore) => onManner(withMinScore(manner, minScore))} />
    </div>
  );
}

function withMinScore({ minScore: _, ...rest }: Manner, minScore: number | undefined): Manner {
  return minScore === undefined ? rest : { ...rest, minScore };
}

/** A slider that asks when it is let go. */
function Settled({ value, onSettled, ...rest }: { label: string; min: number; max: number; step: number; value: number; format: (value: number) => string; onSettled: (value: number) => void }) {
  const [now, setNow] = useState(value);
  const [was, setWas] = useState(value);
  if (was !== value) {
    setWas(value);
    setNow(value);
  }
  const round = (exact: number): number => Number(exact.toFixed(2));
  return <Slider {...rest} value={now} onChange={(next) => setNow(round(next))} onCommit={(next) => round(next) !== value && onSettled(round(next))} />;
}

function LeastScore({ value, onValue }: { value: number | undefined; onValue: (value: number | undefined) => void }) {
  const said = value === undefined ? "" : String(value);
  const [typed, setTyped] = useState(said);
  const [was, setWas] = useState(said);
  if (was !== said) {
    setWas(said);
    setTyped(said);
  }
  const number = Number(typed);
  const wrong = typed.trim() !== "" && !(number >= -1 && number <= 1);
  const settle = (): void => {
    if (!wrong && typed.trim() !== said) onValue(typed.trim() === "" ? undefined : number);
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        settle();
      }}
    >
      <TextField
        label="Least score"
        size="sm"
        inputMode="decimal"
        autoComplete="off"
        placeholder="any"
        hint="Scores of one kind of search compare."
        error={wrong ? "A number from −1 to 1" : undefined}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={settle}
      />
    </form>
  );
}

/** What is not as usual, each with the manner without it. */
export function deviationsOf(manner: Manner): { words: string; without: Manner }[] {
  return [
    manner.matching !== "auto" && {
      words: { meaning: "by meaning", words: "by words", both: "by meaning and words" }[manner.matching],
      without: { ...manner, matching: "auto" as const },
    },
    manner.wordsWeight !== 1 && { words: `words × ${manner.wordsWeight}`, without: { ...manner, wordsWeight: 1 } },
    manner.diversity !== 0 && { words: `${Math.round(manner.diversity * 100)} % different`, without: { ...manner, diversity: 0 } },
    manner.fold && { words: "near-duplicates once", without: { ...manner, fold: false } },
    manner.within !== "auto" && {
      words: { parts: "in parts of images", whole: "whole images" }[manner.within],
      without: { ...manner, within: "auto" as const },
    },
    manner.exact && { words: "exact", without: { ...manner, exact: false } },
    manner.minScore !== undefined && { words: `score ${formatScore(manner.minScore)} or more`, without: withMinScore(manner, undefined) },
  ].filter((each) => each !== false);
}
