import { useQuery } from "@connectrpc/connect-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { useSearchParams } from "react-router";

import type { ErrorReason } from "@/gen/argus/errors/v1/error_reason_pb.js";
import { Feature, InstallationService } from "@/gen/argus/installation/v1/installation_pb.js";
import { ImageService } from "@/gen/argus/storage/v1/image_pb.js";
import { SearchImagesRequest_Matching as Matching } from "@/gen/argus/search/v1/search_pb.js";
import { explain } from "@/lib/errors";
import type { LabelCondition } from "@/lib/label-filter";
import { countOf, formatBytes, formatCount } from "@/lib/numbers";
import { moveTo } from "@/lib/selection";
import { storePath } from "@/lib/store-url";
import { useOpenImage } from "@/lib/use-open-image";
import { useAccount } from "@/lib/use-session";
import { Button, ButtonLink } from "@/ui/button";
import { cx } from "@/ui/cx";
import { useFileDrop } from "@/ui/drop-zone";
import { ChevronDownIcon, ChevronRightIcon, ImageIcon, InfoIcon, LibraryIcon, RetryIcon, SearchIcon } from "@/ui/icons";
import { Page } from "@/ui/page";
import { EmptyState, ErrorNote, ErrorState, ProgressBar, Skeleton } from "@/ui/states";
import { toast } from "@/ui/toast";
import { useSelection, useShowing } from "@/ui/use-selection";
import { useShortcuts } from "@/ui/use-shortcuts";

import { SaveSearch } from "../saved/save-search";
import { LabelFilterBar } from "./label-filter";
import { keepPicture, type Picture, pictureOf } from "./pictures";
import { filterOf, type Query, readSearch, type Search, writeSearch } from "./query";
import { rememberSearch } from "./recent-searches";
import { ResultGrid } from "./result-grid";
import { ScoreNote } from "./score-note";
import { type PictureChip, SearchBox, usePastedFile } from "./search-box";
import { Start } from "./start";
import { request, type Results, useResults } from "./use-results";

const NOT_INDEXED: keyof typeof ErrorReason = "IMAGE_NOT_INDEXED";
const NO_WORDS = "The model in use reads no words.";

export function Component() {
  const { userId } = useAccount();
  const [params, setParams] = useSearchParams();
  const search = readSearch(params);
  const picture = search.query.kind === "picture" ? pictureOf(userId, search.query.pictureId) : undefined;
  const installation = useQuery(InstallationService.method.getInstallation, {}, { staleTime: 300_000 }).data;
  const noWords = installation && !installation.features.includes(Feature.TEXT_SEARCH) ? NO_WORDS : undefined;
  const box = useRef<HTMLInputElement>(null);
  const openImage = useOpenImage();
  const selection = useSelection("library");
  const asked = JSON.stringify(search);
  // What is less likely is folded anew with each search.
  const [unfolded, setUnfolded] = useState<string>();
  const folded = unfolded !== asked;
  const { answer, results } = useResults(search, picture, folded);
  const toggleLess = (): void => setUnfolded(folded ? asked : undefined);
  useShowing("library", useCallback((id: string) => results.order.indexOf(id) >= 0, [results.order]));

  const go = (next: Search): void => setParams(writeSearch(next));
  const ask = (query: Query): void => go({ ...search, query });
  const askText = (text: string): void => {
    rememberSearch(userId, text);
    // The same words again ask anew: there may be more images by now.
    if (search.query.kind === "text" && search.query.text === text) void answer.refetch();
    else ask({ kind: "text", text });
  };
  const askFiles = (files: readonly File[]): void => {
    const file = files[0];
    if (!file) return;
    const problem = unfit(file, Number(installation?.limits?.search?.maxImageBytes ?? 0n));
    if (problem !== undefined) toast(problem, { tone: "error", key: "picture" });
    else {
      if (files.length > 1) toast(`Searching with the first of ${countOf(files.length, "picture")}`, { key: "picture" });
      ask({ kind: "picture", pictureId: keepPicture(userId, file).id });
    }
  };
  const moreLike = (imageId: string): void => ask({ kind: "like", imageId });
  const toResults = (): void => {
    if (results.order.length === 0) return;
    box.current?.blur();
    selection.change((now) => moveTo(now, results.order, 0));
    requestAnimationFrame(() => document.querySelector<HTMLElement>('[role="gridcell"]')?.focus());
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
    {
      keys: "m",
      description: "More like the image in focus",
      run: () => {
        const { focus } = selection.selection;
        if (focus !== null && results.order.indexOf(focus) >= 0) moreLike(focus);
      },
    },
  ]);
  // With nothing to look at yet, one begins to type; on a phone that would open the keyboard unasked.
  const empty = search.query.kind === "none";
  useEffect(() => {
    if (empty && matchMedia("(pointer: fine)").matches) box.current?.focus();
  }, [empty]);

  return (
    <div {...handlers} className="relative h-full">
      <Page
        title="Search"
        fill
        actions={
          <SaveSearch
            query={empty || (search.query.kind === "picture" && !picture) ? undefined : async () => ({ ...(await request(search.query, picture)), filter: filterOf(search.labels) })}
            text={search.query.kind === "text" ? search.query.text : ""}
            cutoff={results.cutoff?.score}
            best={results.matches[0]?.score}
          />
        }
        toolbar={
          <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
            <SearchBox
              ref={box}
              text={search.query.kind === "text" ? search.query.text : ""}
              picture={useChip(search.query, picture)}
              noWords={noWords}
              onText={askText}
              onFile={(file) => askFiles([file])}
              onClear={() => ask({ kind: "none" })}
              onLeave={toResults}
            />
            <LabelFilterBar labels={search.labels} onChange={(labels) => go({ ...search, labels })} />
          </div>
        }
      >
        <div className="flex h-full flex-col">
          <div className="min-h-0 flex-1">
            <Body
              search={search}
              picture={picture}
              answer={answer}
              results={results}
              start={<Start userId={userId} noWords={noWords} onText={askText} />}
              onLabels={(labels) => go({ ...search, labels })}
              onUnfold={toggleLess}
              grid={
                <ResultGrid
                  // Another search begins at the top.
                  key={JSON.stringify(search.query)}
                  results={results}
                  selection={selection}
                  stale={answer.isPlaceholderData}
                  header={
                    <Summary results={results} more={answer.hasNextPage} query={search.query} folded={folded} onToggleLess={toggleLess} />
                  }
                  onOpen={(imageId) => openImage(results.order, imageId)}
                  onMoreLike={moreLike}
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
    </div>
  );
}

interface BodyProps {
  search: Search;
  picture: Picture | undefined;
  answer: ReturnType<typeof useResults>["answer"];
  results: Results;
  start: React.ReactNode;
  grid: React.ReactNode;
  onLabels: (labels: LabelCondition[]) => void;
  onUnfold: () => void;
}

function Body({ search, picture, answer, results, start, grid, onLabels, onUnfold }: BodyProps) {
  if (search.query.kind === "none") return start;
  if (search.query.kind === "picture" && !picture) {
    return (
      <div className="grid h-full">
        <EmptyState icon={ImageIcon} title="The picture is gone">
          A picture that you search with is kept only until the page is reloaded. Paste, drop or choose it again.
        </EmptyState>
      </div>
    );
  }
  if (answer.isPending) return <GridSkeleton />;
  if (answer.isError && explain(answer.error).reason === NOT_INDEXED) {
    return (
      <div className="grid h-full">
        <EmptyState
          icon={SearchIcon}
          title="Not yet known to search"
          actions={
            <Button icon={RetryIcon} onClick={() => void answer.refetch()}>
              Try again
            </Button>
          }
        >
          This image was added a moment ago. Its like can be found as soon as search has taken it in.
        </EmptyState>
      </div>
    );
  }
  if (answer.isError && results.matches.length === 0) {
    return (
      <div className="grid h-full">
        <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />
      </div>
    );
  }
  if (results.matches.length === 0 && results.loaded > 0) {
    return (
      <div className="grid h-full" role="status" data-nothing-matches="">
        <EmptyState icon={SearchIcon} title={nothing(search)} actions={<Button onClick={onUnfold}>Show the nearest</Button>}>
          What comes nearest is no nearer than what is found by chance.
        </EmptyState>
      </div>
    );
  }
  if (results.matches.length === 0) {
    const filtered = search.labels.length > 0;
    return (
      <div className="grid h-full" role="status">
        <EmptyState
          icon={SearchIcon}
          title={filtered ? "No images with these labels" : "Nothing to search yet"}
          actions={
            filtered ? (
              <Button onClick={() => onLabels([])}>Search all images</Button>
            ) : (
              <ButtonLink to="/library" icon={LibraryIcon}>
                To your library
              </ButtonLink>
            )
          }
        >
          {filtered
            ? "No image that search knows has all of these labels."
            : search.query.kind === "like"
              ? "There is no other image that search knows. Images can be found a moment after they are added."
              : "Search knows none of your images. Add some; they can be found a moment later."}
        </EmptyState>
      </div>
    );
  }
  return grid;
}

/** That nothing matches, in words. */
function nothing({ query, labels }: Search): string {
  const where = labels.length > 0 ? "images with these labels" : "images";
  return query.kind === "like" ? `None of your other ${where} is like this one` : `Nothing in your ${where} matches that`;
}

interface SummaryProps {
  results: Results;
  more: boolean;
  query: Query;
  folded: boolean;
  onToggleLess: () => void;
}

function Summary({ results, more, query, folded, onToggleLess }: SummaryProps) {
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
      <ScoreNote model={results.model} kind={query.kind} gap={results.gap !== undefined} cutoff={results.cutoff} matchedBy={results.matchedBy} />
    </div>
  );
}

function GridSkeleton() {
  return (
    <div aria-hidden="true" className={cx("grid grid-cols-[repeat(auto-fill,minmax(168px,1fr))] gap-2 px-4 pt-11 sm:px-6")}>
      {Array.from({ length: 18 }, (_, index) => (
        <Skeleton key={index} className="aspect-square" />
      ))}
    </div>
  );
}

/** What the box shows of a search by picture. */
function useChip(query: Query, picture: Picture | undefined): PictureChip | undefined {
  const imageId = query.kind === "like" ? query.imageId : "";
  const image = useQuery(ImageService.method.getImage, { imageId }, { enabled: imageId !== "" }).data;
  if (query.kind === "like") {
    return { src: storePath(image?.thumbnailUrl), thumbhash: image?.thumbhash, label: image?.filename || "Image" };
  }
  return picture && { src: picture.url, label: picture.file.name || "Picture" };
}

/** Why a file cannot be searched with, as far as one sees from here. */
function unfit(file: File, maxBytes: number): string | undefined {
  if (file.size === 0) return `${file.name || "The file"} is empty.`;
  if (maxBytes > 0 && file.size > maxBytes) {
    return `${file.name || "The picture"} has ${formatBytes(file.size)}; pictures to search with may have ${formatBytes(maxBytes)}.`;
  }
  return undefined;
}
