/** What the scores of results mean, and which model gave them. */
import { type Cutoff, SearchImagesRequest_Matching as Matching } from "@/gen/argus/search/v1/search_pb.js";
import { countOf, formatPercent, formatScore } from "@/lib/numbers";
import { InfoIcon } from "@/ui/icons";

import { Popover } from "@/ui/popover";
import type { Kind } from "./query";

export interface ScoreNoteProps {
  model: string;
  kind: Kind;
  gap: boolean;
  cutoff: Cutoff | undefined;
  /** What gave the order. */
  matchedBy: Matching;
}

export function ScoreNote({ model, kind, gap, cutoff, matchedBy }: ScoreNoteProps) {
  return (
    <Popover
      label="What scores mean"
      icon={InfoIcon}
      align="end"
      panel={
        <div className="flex flex-col gap-3 text-sm text-pretty text-ink-soft">
          <p>
            A score is the cosine similarity of what you search for and an image, between −1 and 1: the higher, the more alike. The bar
            shows it relative to the best.
          </p>
          <p>
            {kind === "mix"
              ? "What is searched for together has one score: the sum of what each part adds. Such scores compare within one search only, and what is more than chance is not known of them."
              : kind === "words"
              ? "Words and pictures never match fully: good matches may have scores far below 1, and what is high depends on the model. Compare scores within one search, not with those of a search by picture."
              : "The same picture has 1. Compare scores within one search, not with those of a search by words."}
          </p>
          <p>
            {matchedBy === Matching.WORDS
              ? "These are in the order of words in file names and labels; the scores say how well the words match, from 0 to 1."
              : matchedBy === Matching.BOTH
              ? "Some of the words are in file names or labels, so that the order goes by these, too, and not by the scores alone."
              : cutoff
              ? `Below ${formatScore(cutoff.score)} a match is less likely: of searches for what you do not have, ${formatPercent(cutoff.falseAlarmRate, 0)} find something above it. This was learnt from ${countOf(cutoff.sampleSize, "image")} of yours.`
              : gap
              ? "“Less alike” begins where scores fall by more than chance would let them."
              : "When scores fall clearly at one place, what comes after it stands under “Less alike”. These do not."}
          </p>
          <dl className="border-t border-line pt-3">
            <dt className="text-xs text-ink-faint">Model</dt>
            <dd className="font-mono break-all text-ink">{model}</dd>
          </dl>
        </div>
      }
    >
      Scores
    </Popover>
  );
}
