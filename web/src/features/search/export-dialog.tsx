/** All matches of a search as a file, far past the pages: they are streamed, best first. */
import { createClient } from "@connectrpc/connect";
import { useTransport } from "@connectrpc/connect-query";
import { useEffect, useRef, useState } from "react";

import { SearchImagesRequest_Matching as Matching, SearchService } from "@/gen/argus/search/v1/search_pb.js";
import { countOf, formatCount, formatScore } from "@/lib/numbers";
import { save } from "@/lib/save-file";
import { Checkbox } from "@/ui/field";
import { FormDialog } from "@/ui/form-dialog";
import { ErrorNote, ProgressBar } from "@/ui/states";
import { toast } from "@/ui/toast";

import { HEADINGS, lineOf } from "./match-list";
import { toRequest } from "./request";
import type { Asking } from "./use-results";

/** How often it is told how far it is. */
const TELL_EVERY = 200;
const COLUMNS = { paths: ["filename", "create_time", "content_type", "size_bytes", "width", "height", "labels"] };

export interface ExportDialogProps {
  asking: Asking;
  /** From which score on a match is more than chance, where that is known. */
  cutoff: number | undefined;
  onClose: () => void;
}

export default function ExportDialog({ asking, cutoff, onClose }: ExportDialogProps) {
  const transport = useTransport();
  const { search } = asking;
  const [likely, setLikely] = useState(cutoff !== undefined);
  const [count, setCount] = useState<number>();
  const [error, setError] = useState<unknown>();
  const abort = useRef<AbortController>(undefined);
  useEffect(() => () => abort.current?.abort(), []);
  const plain = search.manner.diversity === 0 && !search.manner.fold && (search.manner.matching === "auto" || search.manner.matching === "meaning");

  const run = async (): Promise<void> => {
    const mine = new AbortController();
    abort.current = mine;
    setCount(0);
    setError(undefined);
    const floor = likely ? cutoff : undefined;
    const minScore = Math.max(floor ?? -1, search.manner.minScore ?? -1);
    try {
      // As the contract streams: in the order of meaning, neither arranged nor folded.
      const query = {
        ...(await toRequest(search, asking.pictureOf)),
        matching: Matching.MEANING,
        diversity: 0,
        foldDuplicates: false,
        exact: false,
        minScore,
        readMask: COLUMNS,
      };
      const lines: string[] = [HEADINGS.join(",")];
      for await (const { match } of createClient(SearchService, transport).streamMatches({ query }, { signal: mine.signal })) {
        const line = match && lineOf(match);
        if (line !== undefined) lines.push(line);
        if (lines.length % TELL_EVERY === 0) setCount(lines.length - 1);
      }
      // The mark tells spreadsheets that it is UTF-8.
      save(new Blob(["\ufeff", lines.join("\r\n"), "\r\n"], { type: "text/csv" }), "matches.csv");
      toast(`${countOf(lines.length - 1, "match", "matches")} saved in matches.csv`, { tone: "success", key: "matches" });
      onClose();
    } catch (problem) {
      if (mine.signal.aborted) return;
      setError(problem);
      setCount(undefined);
    }
  };

  return (
    <FormDialog title="All matches as a file" submit="Save as CSV" busy={count !== undefined} onClose={onClose} onSubmit={() => void run()}>
      <p className="text-sm text-pretty text-ink-soft">
        A line for each match with its name, score, time, size and labels, best first, however many there are. Every image is compared, exactly.
      </p>
      {!plain && <p className="text-sm text-pretty text-ink-soft">They come in the order of what the pictures show, and near-duplicates each by itself.</p>}
      {cutoff !== undefined && (
        <Checkbox
          label={`Only what is more than chance: a score of ${formatScore(cutoff)} or more`}
          checked={likely}
          onChange={(event) => setLikely(event.target.checked)}
        />
      )}
      {count !== undefined && (
        <>
          <ProgressBar label="Receiving matches" />
          <p role="status" className="text-sm text-ink-soft tabular-nums">
            {formatCount(count)} so far
          </p>
        </>
      )}
      <ErrorNote error={error} />
    </FormDialog>
  );
}
