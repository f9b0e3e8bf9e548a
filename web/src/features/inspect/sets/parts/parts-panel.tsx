/** Which images of a set show the same part: choosing a rule, seeing what it comes to, and saying so. */
import { useMutation } from "@connectrpc/connect-query";
import { useState } from "react";

import { InspectionService, type PartGroup, type PartProposal, type ReferenceSet } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { countOf } from "@/lib/numbers";
import { storePath } from "@/lib/store-url";
import { Button } from "@/ui/button";
import { Select, TextField } from "@/ui/field";
import { ErrorNote } from "@/ui/states";
import { Thumb } from "@/ui/thumb";
import { toast } from "@/ui/toast";

import { useSetCache } from "../cache";
import { partRuleWords } from "../part-words";
import { choiceOf, type Kind, problemOf, type RuleChoice, ruleOf, sameRule } from "./rule-choice";

const KINDS: { value: Kind; label: string }[] = [
  { value: "none", label: "Each image shows a part of its own" },
  { value: "label", label: "Images with the same label" },
  { value: "filename", label: "Images with the same text in their names" },
  { value: "compare", label: "Images whose pictures are alike" },
];

export function PartsPanel({ set }: { set: ReferenceSet }) {
  const cache = useSetCache();
  const [choice, setChoice] = useState(() => choiceOf(set.partRule));
  const propose = useMutation(InspectionService.method.proposeParts, { meta: { handled: true } });
  const save = useMutation(InspectionService.method.setPartRule, {
    meta: { handled: true },
    onSuccess: (changed) => {
      cache.put(changed);
      propose.reset();
      toast(`${partRuleWords(changed.partRule)}: it counts from the next calibration on`, { tone: "success" });
    },
  });
  const change = (some: Partial<RuleChoice>): void => {
    setChoice((was) => ({ ...was, ...some }));
    propose.reset();
    save.reset();
  };
  const problem = problemOf(choice);
  const rule = ruleOf(choice);
  const { referenceSetId } = set;
  const found = choice.kind === "compare" ? propose.data?.rule : undefined;
  return (
    <section aria-labelledby="parts-of-set" className="flex flex-col gap-4 rounded-lg border border-line bg-surface p-4">
      <div>
        <h2 id="parts-of-set" className="text-lg font-semibold">Pictures of the same part</h2>
        <p className="text-sm text-ink-soft">
          If some parts are shown several times, say so: the threshold then holds for parts never seen. Now: {partRuleWords(set.partRule)}.
        </p>
      </div>
      <Select label="Which images show the same part" value={choice.kind} options={KINDS} onChange={(kind) => change({ kind: KINDS.find((each) => each.value === kind)?.value ?? "none" })} />
      {choice.kind === "label" && (
        <TextField label="Label" value={choice.label} error={problem} hint="Images with one value of it show one part." onChange={(event) => change({ label: event.target.value.trim() })} />
      )}
      {choice.kind === "filename" && (
        <TextField
          label="Pattern"
          className="font-mono"
          value={choice.pattern}
          error={problem}
          hint="A regular expression with one group. ^([0-9]+)_ finds 17 in 17_a.png and 17_b.png."
          onChange={(event) => change({ pattern: event.target.value })}
        />
      )}
      <ErrorNote error={propose.error ?? save.error} />
      <div className="flex flex-wrap gap-2">
        {choice.kind !== "none" && (
          <Button busy={propose.isPending} disabled={problem !== undefined || set.imageCount === 0} onClick={() => propose.mutate(rule ? { referenceSetId, rule } : { referenceSetId })}>
            {choice.kind === "compare" ? "Compare pictures" : "Show the parts"}
          </Button>
        )}
        {rule && !sameRule(rule, set.partRule) && (
          <Button variant="primary" busy={save.isPending} disabled={problem !== undefined} onClick={() => save.mutate({ referenceSetId, rule })}>
            Use this
          </Button>
        )}
      </div>
      {propose.data && <Proposal proposal={propose.data} />}
      {found && (
        <div className="flex flex-wrap items-center gap-3">
          <Button variant="primary" busy={save.isPending} onClick={() => save.mutate({ referenceSetId, rule: found })}>
            Count these as the same parts
          </Button>
          <span className="text-sm text-ink-soft">Nothing is grouped before.</span>
        </div>
      )}
    </section>
  );
}

function Proposal({ proposal }: { proposal: PartProposal }) {
  return (
    <div role="status" className="flex flex-col gap-3">
      <p className="text-sm text-ink">
        {countOf(proposal.imageCount, "image")} of {countOf(proposal.partCount, "part")}.
        {proposal.unmatchedCount > 0 && ` Of ${countOf(proposal.unmatchedCount, "image")} it says nothing: each is a part of its own.`}
        {proposal.skipped.length > 0 && ` ${countOf(proposal.skipped.length, "image")} could not be compared.`}
      </p>
      {proposal.groups.length > 0 && (
        <ul aria-label="Parts" className="flex flex-col gap-2">
          {proposal.groups.map((group, place) => (
            <Group key={group.imageIds[0]} group={group} place={place} />
          ))}
        </ul>
      )}
    </div>
  );
}

function Group({ group, place }: { group: PartGroup; place: number }) {
  return (
    <li className="flex flex-wrap items-center gap-2 text-sm">
      <span className="w-28 truncate font-medium text-ink tabular-nums">{group.key || `Part ${place + 1}`}</span>
      {group.previews.map((one) => (
        <Thumb key={one.imageId} src={storePath(one.thumbnailUrl)} alt={one.filename} thumbhash={one.thumbhash} className="size-12 rounded-sm" />
      ))}
      <span className="text-ink-faint">{countOf(group.imageCount, "image")}</span>
    </li>
  );
}
