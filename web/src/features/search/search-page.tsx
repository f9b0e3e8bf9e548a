import { useQuery } from "@connectrpc/connect-query";
import { lazy, Suspense, useCallback, useContext, useEffect, useRef, useState } from "react";
import { useSearchParams } from "react-router";

import { Feature, InstallationService } from "@/gen/argus/installation/v1/installation_pb.js";
import { countOf, formatBytes } from "@/lib/numbers";
import { SearchSlot } from "@/lib/search-slot";
import { moveTo } from "@/lib/selection";
import { useOpenImage } from "@/lib/use-open-image";
import { useAccount } from "@/lib/use-session";
import type { FractionBox } from "@/lib/viewport";
import { Button } from "@/ui/button";
import { useFileDrop } from "@/ui/drop-zone";
import { RetryIcon } from "@/ui/icons";
import { Page } from "@/ui/page";
import { ErrorNote, ProgressBar } from "@/ui/states";
import { toast } from "@/ui/toast";
import { useSelection, useShowing } from "@/ui/use-selection";
import { useShortcuts } from "@/ui/use-shortcuts";

import { Body } from "./body";
import { useShown } from "./picture-thumb";
import { keepPicture, pictureOf as keptPicture } from "./pictures";
import { isRankedByScore, isWanting, kindOf, MOST_EXAMPLES, MOST_WITHOUT, onlyLike, picturesOf, readSearch, type Search, type Source, withExample, writeSearch } from "./query";
import { rememberSearch } from "./recent-searches";
import { toRequest } from "./request";
import { ResultGrid } from "./result-grid";
import { SearchBox, usePastedFile } from "./search-box";
import { Start } from "./start";
import { Summary } from "./summary";
import { Toolbar } from "./toolbar";
import { type Asking, useResults } from "./use-results";

const ExportDialog = lazy(() => import("./export-dialog"));
const MatchDialog = lazy(() => import("./match-dialog"));
const PartDialog = lazy(() => import("./part-dialog"));

const NO_WORDS = "The model in use reads no words.";
/** The picture in the box, in place of an example's number. */
const SUBJECT = -1;

export function Component() {
  const { userId } = useAccount();
  const [params, setParams] = useSearchParams();
  const search = readSearch(params);
  const pictureOf = useCallback((id: string) => keptPicture(userId, id), [userId]);
  const gone = new Set(picturesOf(search).filter((id) => !pictureOf(id)));
  const installation = useQuery(InstallationService.method.getInstallation, {}, { staleTime: 300_000 }).data;
  const noWords = installation && !installation.features.includes(Feature.TEXT_SEARCH) ? NO_WORDS : undefined;
  const box = useRef<HTMLInputElement>(null);
  const openImage = useOpenImage();
  const selection = useSelection("library");
  const asked = JSON.stringify(search);
  // What is less likely is folded anew with each search.
  const [unfolded, setUnfolded] = useState<string>();
  const [looking, setLooking] = useState<string>();
  const [part, setPart] = useState<number>();
  const [exporting, setExporting] = useState(false);
  const folded = unfolded !== asked;
  const asking: Asking = { search, pictureOf, enabled: isWanting(search) && gone.size === 0 };
  const { answer, results, pageOf } = useResults(asking, folded);
  const toggleLess = (): void => setUnfolded(folded ? asked : undefined);
  useShowing("library", useCallback((id: string) => results.order.indexOf(id) >= 0, [results.order]));
  const subject = useShown(search.subject?.source, pictureOf);
  const Slot = useContext(SearchSlot);

  const go = (next: Search): void => {
    setLooking(undefined);
    setParams(writeSearch(next));
  };
  const askText = (text: string): void => {
    if (text !== "") rememberSearch(userId, text);
    // The same words again ask anew: there may be more images by now.
    if (search.text !== text) go({ ...search, text });
    else if (asking.enabled) void answer.refetch();
  };
  const askFiles = (files: readonly File[]): void => {
    const file = files[0];
    if (!file) return;
    const problem = unfit(file, Number(installation?.limits?.search?.maxImageBytes ?? 0n));
    if (problem !== undefined) toast(problem, { tone: "error", key: "picture" });
    else {
      if (files.length > 1) toast(`Searching with the first of ${countOf(files.length, "picture")}`, { key: "picture" });
      go({ ...search, subject: { source: { kind: "picture", pictureId: keepPicture(userId, file).id } } });
    }
  };
  const addExample = (imageId: string, unlike: boolean): void => {
    if (search.examples.length >= MOST_EXAMPLES) toast(`A search has at most ${MOST_EXAMPLES} examples. Remove one first.`, { key: "examples" });
    else go(withExample(search, imageId, unlike));
  };
  const leaveOut = (imageId: string): void => {
    if (search.without.length >= MOST_WITHOUT) toast(`A search leaves at most ${MOST_WITHOUT} images out.`, { key: "without" });
    else go({ ...search, without: [...search.without, imageId] });
  };
  const choosePart = (at: number, region: FractionBox | undefined): void => {
    setPart(undefined);
    if (at === SUBJECT && search.subject) go({ ...search, subject: { source: search.subject.source, ...(region && { region }) } });
    else {
      go({
        ...search,
        examples: search.examples.map(({ region: was, ...rest }, index) => ({ ...rest, ...given(index === at ? region : was) })),
      });
    }
  };
  const toResults = (): void => {
    if (results.order.length === 0) return;
    box.current?.blur();
    selection.change((now) => moveTo(now, results.order, 0));
    requestAnimationFrame(() => document.querySelector<HTMLElement>('[role="gridcell"]')?.focus());
  };
  const withFocus = (run: (imageId: string) => void) => (): void => {
    const { focus } = selection.selection;
    if (focus !== null && results.order.indexOf(focus) >= 0) run(focus);
  };

  usePastedFile((file) => askFiles([file]));
  const { over, handlers } = useFileDrop((found) => askFiles(found.map(({ file }) => file)));
  useShortcuts({ title: "Search" }, [
    {
      keys: "/",
      description: "Type what to search for",
      run: () => {
        box.current?.focus();
        box.current?.select();
      },
    },
    { keys: "+", description: "More like the image in focus", run: withFocus((id) => addExample(id, false)) },
    { keys: "-", description: "Less like the image in focus", run: withFocus((id) => addExample(id, true)) },
    { keys: "m", description: "Only like the image in focus", run: withFocus((id) => go(onlyLike(search, id))) },
    { keys: "i", description: "Why the image in focus was found", run: withFocus(setLooking) },
    { keys: "x", description: "Leave the image in focus out", run: withFocus(leaveOut) },
    ...(search.subject && !subject.gone ? [{ keys: "b", description: "Box on the picture that is searched with", run: () => setPart(SUBJECT) }] : []),
  ]);
  // With nothing to look at yet, one begins to type; on a phone that would open the keyboard unasked.
  const empty = kindOf(search) === "none";
  useEffect(() => {
    if (empty && matchMedia("(pointer: fine)").matches) box.current?.focus();
  }, [empty]);

  const looked = looking === undefined ? undefined : results.matches.find(({ image }) => image?.imageId === looking);
  return (
    <div {...handlers} className="relative h-full">
      <Page
        title="Search"
        fill
        toolbar={
          <div className="flex flex-col gap-2">
            <SearchBox
              ref={box}
              text={search.text}
              picture={search.subject && { shown: subject, region: search.subject.region }}
              noWords={noWords}
              onText={askText}
              onFile={(file) => askFiles([file])}
              onNoPicture={() => go(withoutSubject(search))}
              onPart={() => setPart(SUBJECT)}
              onLeave={toResults}
            />
            <Toolbar
              asking={asking}
              onSearch={go}
              onPart={setPart}
              hasText={noWords === undefined}
              slot={
                Slot && (
                  <Slot
                    request={asking.enabled ? () => toRequest(search, pictureOf) : undefined}
                    title={search.text || (search.subject ? subject.label : "Search")}
                    cutoff={search.manner.minScore === undefined ? results.cutoff?.score : undefined}
                    score={search.manner.minScore ?? results.matches[0]?.score}
                    path={`/search?${writeSearch(search).toString()}`}
                  />
                )
              }
            />
          </div>
        }
      >
        <div className="flex h-full flex-col">
          <div className="min-h-0 flex-1">
            <Body
              search={search}
              gone={gone}
              answer={answer}
              results={results}
              start={<Start userId={userId} noWords={noWords} onText={askText} />}
              onSearch={go}
              onUnfold={toggleLess}
              grid={
                <ResultGrid
                  // Another search begins at the top.
                  key={JSON.stringify([search.text, search.subject, search.examples, search.manner])}
                  results={results}
                  selection={selection}
                  stale={answer.isPlaceholderData}
                  header={
                    <Summary
                      results={results}
                      more={answer.hasNextPage}
                      kind={kindOf(search)}
                      arranged={!isRankedByScore(search)}
                      folded={folded}
                      onToggleLess={toggleLess}
                      onExport={() => setExporting(true)}
                    />
                  }
                  onOpen={(imageId) => openImage(results.order, imageId)}
                  onExample={addExample}
                  onMatch={setLooking}
                  onEnd={() => {
                    // Behind the first that is less likely, all are.
                    const allShown = folded && results.likely !== undefined && results.likely < results.loaded;
                    if (!allShown && answer.hasNextPage && !answer.isFetching && !answer.isError) void answer.fetchNextPage();
                  }}
                />
              }
            />
          </div>
          {answer.isFetchNextPageError && (
            <div className="flex items-center gap-3 border-t border-line px-4 py-3 sm:px-6">
              <div className="min-w-0 flex-1">
                <ErrorNote error={answer.error} />
              </div>
              <Button icon={RetryIcon} onClick={() => void answer.fetchNextPage()}>
                Load more
              </Button>
            </div>
          )}
        </div>
      </Page>
      {answer.isFetching && (
        <div className="absolute inset-x-0 top-0">
          <ProgressBar label={answer.isFetchingNextPage ? "Loading more results" : "Searching"} />
        </div>
      )}
      {over && (
        <div className="pointer-events-none absolute inset-2 grid place-items-center rounded-lg border-2 border-dashed border-accent bg-accent-soft/90 text-lg font-semibold text-accent">
          Drop a picture to find its like
        </div>
      )}
      <Suspense fallback={null}>
        {looked && (
          <MatchDialog
            match={looked}
            asking={asking}
            pageToken={pageOf(looked.image?.imageId ?? "")}
            onClose={() => setLooking(undefined)}
            onOpen={(imageId) => openImage(results.order, imageId)}
            onExample={addExample}
            onOnly={(imageId) => go(onlyLike(search, imageId))}
            onLeaveOut={leaveOut}
          />
        )}
        {exporting && <ExportDialog asking={asking} cutoff={results.cutoff?.score} onClose={() => setExporting(false)} />}
        {part !== undefined && (
          <ChoosePart
            source={sourceOf(search, part)}
            region={part === SUBJECT ? search.subject?.region : search.examples[part]?.region}
            pictureOf={pictureOf}
            onRegion={(region) => choosePart(part, region)}
            onClose={() => setPart(undefined)}
          />
        )}
      </Suspense>
    </div>
  );
}

interface ChoosePartProps {
  source: Source | undefined;
  region: FractionBox | undefined;
  pictureOf: Asking["pictureOf"];
  onRegion: (region: FractionBox | undefined) => void;
  onClose: () => void;
}

function ChoosePart({ source, pictureOf, ...rest }: ChoosePartProps) {
  const shown = useShown(source, pictureOf);
  return source && <PartDialog {...rest} shown={shown} />;
}

function sourceOf(search: Search, part: number): Source | undefined {
  if (part === SUBJECT) return search.subject?.source;
  const of = search.examples[part]?.of;
  return of && of.kind !== "words" ? of : undefined;
}

const given = (region: FractionBox | undefined): { region?: FractionBox } => (region ? { region } : {});

function withoutSubject({ subject: _, ...rest }: Search): Search {
  return rest;
}

/** Why a file cannot be searched with, as far as one sees from here. */
function unfit(file: File, maxBytes: number): string | undefined {
  if (file.size === 0) return `${file.name || "The file"} is empty.`;
  if (maxBytes > 0 && file.size > maxBytes) {
    return `${file.name || "The picture"} has ${formatBytes(file.size)}; pictures to search with may have ${formatBytes(maxBytes)}.`;
  }
  return undefined;
}
