/** Above the results: how many there are, what gave the order, and what did not count. */
import { SearchImagesRequest_Matching as Matching } from "@/gen/argus/search/v1/search_pb.js";
import { countOf, formatCount } from "@/lib/numbers";
import { Button } from "@/ui/button";
import { ChevronDownIcon, ChevronRightIcon, DownloadIcon, InfoIcon } from "@/ui/icons";

import type { Kind } from "./query";
import { ScoreNote } from "./score-note";
import type { Results } from "./use-results";

export interface SummaryProps {
  results: Results;
  more: boolean;
  kind: Kind;
  /** Arranged so that they differ. */
  arranged: boolean;
  folded: boolean;
  onToggleLess: () => void;
  /** Somebody wants all matches as a file. */
  onExport: () => void;
}

export function Summary({ results, more, kind, arranged, folded, onToggleLess, onExport }: SummaryProps) {
  const { likely, loaded } = results;
  const less = likely !== undefined && likely < loaded;
  // All of those that match are known as soon as one is loaded that does not.
  const count = countOf(folded && less ? likely : loaded, "image");
  return (
    <div className="flex min-h-8 flex-wrap items-center justify-between gap-x-4 pb-2 text-sm text-ink-soft">
      <p role="status">
        {more && !(folded && less) ? `${count} so far` : count}
        {results.gap !== undefined && `, ${formatCount(results.gap)} clearly ahead`}
        {!folded && less && `, ${formatCount(likely)} likely`}
        {results.matchedBy === Matching.BOTH && ", by meaning and by words in names and labels"}
        {results.matchedBy === Matching.WORDS && ", by words in names and labels"}
        {arranged && ", arranged to differ"}
      </p>
      {less && (
        <Button variant="quiet" icon={folded ? ChevronRightIcon : ChevronDownIcon} aria-expanded={!folded} onClick={onToggleLess}>
          Less likely images
        </Button>
      )}
      {results.unreadWords.length > 0 && (
        <p className="flex items-center gap-1.5 text-warning">
          <InfoIcon width={16} height={16} />
          The model cannot read {results.unreadWords.join(", ")}: file names and labels were searched for it.
        </p>
      )}
      {results.textTruncated && (
        <p className="flex items-center gap-1.5 text-warning">
          <InfoIcon width={16} height={16} />
          The text is longer than the model reads; its end did not count.
        </p>
      )}
      <span className="flex">
        <Button variant="quiet" icon={DownloadIcon} onClick={onExport}>
          Save list
        </Button>
        <ScoreNote model={results.model} kind={kind} gap={results.gap !== undefined} cutoff={results.cutoff} matchedBy={results.matchedBy} />
      </span>
    </div>
  );
}
