/** Below the toolbar: the start, the results, or why there are none. */
import type { ReactNode } from "react";

import type { ErrorReason } from "@/gen/argus/errors/v1/error_reason_pb.js";
import { explain } from "@/lib/errors";
import { Button, ButtonLink } from "@/ui/button";
import { cx } from "@/ui/cx";
import { ImageIcon, LibraryIcon, RetryIcon, SearchIcon } from "@/ui/icons";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";

import { countConditions, NO_FILTER } from "./filter";
import { imagesOf, isWanting, kindOf, picturesOf, PLAIN, type Search, withoutPictures } from "./query";
import type { useResults } from "./use-results";

const NOT_INDEXED: keyof typeof ErrorReason = "IMAGE_NOT_INDEXED";
const NOT_FOUND: keyof typeof ErrorReason = "IMAGE_NOT_FOUND";
const TOO_SMALL: keyof typeof ErrorReason = "REGION_TOO_SMALL";
const CANCEL: keyof typeof ErrorReason = "EXAMPLES_CANCEL_OUT";

export interface BodyProps extends Pick<ReturnType<typeof useResults>, "answer" | "results"> {
  search: Search;
  /** Pictures that are searched with and not kept any more. */
  gone: ReadonlySet<string>;
  start: ReactNode;
  grid: ReactNode;
  onSearch: (search: Search) => void;
  onUnfold: () => void;
}

export function Body({ search, gone, answer, results, start, grid, onSearch, onUnfold }: BodyProps) {
  if (kindOf(search) === "none") return start;
  if (gone.size > 0) {
    const rest = withoutPictures(search, gone);
    return (
      <Centred>
        <EmptyState
          icon={ImageIcon}
          title={picturesOf(search).length > 1 ? "A picture is gone" : "The picture is gone"}
          actions={kindOf(rest) !== "none" && <Button onClick={() => onSearch(rest)}>Search without it</Button>}
        >
          A picture that you search with is kept only until the page is reloaded, and only in this browser. Paste, drop or choose it again.
        </EmptyState>
      </Centred>
    );
  }
  if (!isWanting(search)) {
    return (
      <Centred status>
        <EmptyState icon={SearchIcon} title="What do you look for?">
          So far the search says only what you do not want. Add words, or a picture, of what you do want.
        </EmptyState>
      </Centred>
    );
  }
  if (answer.isPending) return <GridSkeleton />;
  const reason = answer.isError ? explain(answer.error).reason : undefined;
  if (reason === NOT_INDEXED) {
    return (
      <Centred>
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
      </Centred>
    );
  }
  if (reason === NOT_FOUND) {
    return (
      <Centred>
        <EmptyState icon={ImageIcon} title="An image of this search is not there">
          You have no such image{imagesOf(search).length > 1 ? " as one of those that you search with" : ""}: it was deleted, or it is somebody else’s. Take it out of the search.
        </EmptyState>
      </Centred>
    );
  }
  if (reason === TOO_SMALL) {
    return (
      <Centred>
        <EmptyState icon={ImageIcon} title="The part is too small">
          A part of a picture must be at least 8 pixels wide and high. Press the picture to choose a larger one.
        </EmptyState>
      </Centred>
    );
  }
  if (reason === CANCEL) {
    return (
      <Centred>
        <EmptyState icon={SearchIcon} title="Nothing is left to look for">
          What you want and what you do not want are the same. Take one of them away, or change its weight.
        </EmptyState>
      </Centred>
    );
  }
  if (answer.isError && results.matches.length === 0) {
    return (
      <Centred>
        <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />
      </Centred>
    );
  }
  if (results.matches.length === 0 && results.loaded > 0) {
    return (
      <Centred status nothing>
        <EmptyState icon={SearchIcon} title={nothing(search)} actions={<Button onClick={onUnfold}>Show the nearest</Button>}>
          What comes nearest is no nearer than what is found by chance.
        </EmptyState>
      </Centred>
    );
  }
  if (results.matches.length === 0) return <NoImages search={search} onSearch={onSearch} />;
  return grid;
}

/** Search knows none that may be found: because of the search, or because there are none. */
function NoImages({ search, onSearch }: Pick<BodyProps, "search" | "onSearch">) {
  const { filter, manner } = search;
  const open: Search = { ...search, filter: NO_FILTER };
  const onlyLabels = filter.labels.length > 0 && countConditions(filter) === filter.labels.length;
  if (countConditions(filter) > 0) {
    return (
      <Centred status>
        <EmptyState
          icon={SearchIcon}
          title={onlyLabels ? "No images with these labels" : "No images within these filters"}
          actions={<Button onClick={() => onSearch(open)}>Search all images</Button>}
        >
          {onlyLabels ? "No image that search knows has all of these labels." : "No image that search knows fits all of these filters and words."}
        </EmptyState>
      </Centred>
    );
  }
  const strict = search.text.includes('"') || search.text.includes("-") || manner.matching === "words" || manner.minScore !== undefined || search.without.length > 0;
  if (strict) {
    return (
      <Centred status>
        <EmptyState
          icon={SearchIcon}
          title="No image fits"
          actions={
            (manner.matching !== "auto" || manner.minScore !== undefined || search.without.length > 0) && (
              <Button onClick={() => onSearch({ ...search, manner: PLAIN, without: [] })}>Search all images</Button>
            )
          }
        >
          {manner.matching === "words"
            ? "No file name and no label has any of these words."
            : "No image that search knows has the words in quotes, lacks those behind a minus, and reaches the least score."}
        </EmptyState>
      </Centred>
    );
  }
  return (
    <Centred status>
      <EmptyState
        icon={SearchIcon}
        title="Nothing to search yet"
        actions={
          <ButtonLink to="/library" icon={LibraryIcon}>
            To your library
          </ButtonLink>
        }
      >
        {imagesOf(search).length > 0
          ? "There is no other image that search knows. Images can be found a moment after they are added."
          : "Search knows none of your images. Add some; they can be found a moment later."}
      </EmptyState>
    </Centred>
  );
}

/** That nothing matches, in words. */
function nothing(search: Search): string {
  const { filter } = search;
  const where = filter.labels.length > 0 && countConditions(filter) === filter.labels.length ? "images with these labels" : countConditions(filter) > 0 ? "images within these filters" : "images";
  return kindOf(search) === "picture" && imagesOf(search).length > 0 ? `None of your other ${where} is like this one` : `Nothing in your ${where} matches that`;
}

function Centred({ status = false, nothing: isNothing = false, children }: { status?: boolean; nothing?: boolean; children: ReactNode }) {
  return (
    <div className="grid h-full overflow-y-auto" {...(status && { role: "status" })} {...(isNothing && { "data-nothing-matches": "" })}>
      {children}
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
