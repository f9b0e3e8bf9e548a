/** The one box: words, and a picture that is pasted, dropped or picked. */
import { type ReactNode, type Ref, type SubmitEvent, useEffect, useRef, useState } from "react";

import type { FractionBox } from "@/lib/viewport";
import { IconButton } from "@/ui/button";
import { BoxIcon, CloseIcon, ImageIcon, SearchIcon } from "@/ui/icons";

import { PictureThumb, type Shown } from "./picture-thumb";

/** The picture that is searched with. */
export interface PictureChip {
  shown: Shown;
  region: FractionBox | undefined;
}

export interface SearchBoxProps {
  /** What the search on screen has. */
  text: string;
  picture: PictureChip | undefined;
  /** Undefined where words can be searched; else why not. */
  noWords?: string | undefined;
  /** Empty to search without words. */
  onText: (text: string) => void;
  onFile: (file: File) => void;
  onNoPicture: () => void;
  /** Somebody wants a part of the picture. */
  onPart: () => void;
  /** Arrow down leaves the box for the results. */
  onLeave: () => void;
  ref?: Ref<HTMLInputElement>;
}

export function SearchBox({ text, picture, noWords, onText, onFile, onNoPicture, onPart, onLeave, ref }: SearchBoxProps) {
  const [typed, setTyped] = useState(text);
  const [shown, setShown] = useState(text);
  // Another search, for instance by going back, puts its words in the box.
  if (shown !== text) {
    setShown(text);
    setTyped(text);
  }
  const file = useRef<HTMLInputElement>(null);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const words = typed.trim();
    if (words !== "" || text !== "") onText(words);
  };
  return (
    <form
      role="search"
      onSubmit={submit}
      className="flex h-12 w-full max-w-200 items-center gap-2 rounded-lg bg-surface pr-1 pl-3 ring-1 ring-line-strong ring-inset focus-within:outline-2 focus-within:-outline-offset-1 focus-within:outline-accent"
    >
      <SearchIcon className="shrink-0 text-ink-faint" />
      {picture && <QueryPicture picture={picture} onPart={onPart} onRemove={onNoPicture} />}
      <input
        ref={ref}
        type="text"
        enterKeyHint="search"
        aria-label="Search by words"
        autoComplete="off"
        spellCheck={false}
        disabled={noWords !== undefined}
        placeholder={noWords ?? (picture ? "and words" : "What do you look for?")}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") {
            event.preventDefault();
            onLeave();
          } else if (event.key === "Escape") {
            event.preventDefault();
            if (typed !== text) setTyped(text);
            else event.currentTarget.blur();
          }
        }}
        className="h-full min-w-0 flex-1 bg-transparent text-base text-ink outline-none placeholder:text-ink-faint"
      />
      {typed !== "" && (
        <IconButton
          icon={CloseIcon}
          label="Clear the search"
          onClick={(event) => {
            setTyped("");
            event.currentTarget.form?.querySelector<HTMLInputElement>("input[type=text]")?.focus();
            if (text !== "") onText("");
          }}
        />
      )}
      <IconButton icon={ImageIcon} label="Search by a picture" size="md" onClick={() => file.current?.click()} />
      <input
        ref={file}
        type="file"
        accept="image/*"
        aria-label="Picture to search with"
        tabIndex={-1}
        className="sr-only"
        onChange={(event) => {
          const chosen = event.target.files?.[0];
          // The same file may be chosen again.
          event.target.value = "";
          if (chosen) onFile(chosen);
        }}
      />
    </form>
  );
}

function QueryPicture({ picture: { shown, region }, onPart, onRemove }: { picture: PictureChip; onPart: () => void; onRemove: () => void }): ReactNode {
  return (
    <span className="flex h-9 min-w-0 shrink items-center rounded-md bg-accent-soft pr-0.5 text-sm font-medium text-accent">
      <button
        type="button"
        disabled={shown.gone}
        onClick={onPart}
        className="group/part flex min-w-0 items-center gap-2 rounded-md pr-1 hover:underline"
      >
        <span className="relative shrink-0">
          <PictureThumb shown={shown} region={region} className="size-9 rounded-md" />
          {!region && !shown.gone && (
            <span className="absolute inset-0 grid place-items-center rounded-md bg-surface/70 text-ink opacity-0 group-hover/part:opacity-100 group-focus/part:opacity-100">
              <BoxIcon width={18} height={18} />
            </span>
          )}
        </span>
        <span className="sr-only">Choose a part of</span>
        <span className="max-w-40 truncate max-sm:sr-only">{shown.label}</span>
        {region && <span className="shrink-0 font-normal max-sm:sr-only">a part</span>}
      </button>
      <IconButton icon={CloseIcon} label="Remove the picture" onClick={onRemove} />
    </span>
  );
}

/** Pictures that are pasted anywhere on the page. */
export function usePastedFile(onFile: (file: File) => void): void {
  const latest = useRef(onFile);
  useEffect(() => {
    latest.current = onFile;
  });
  useEffect(() => {
    const onPaste = (event: ClipboardEvent): void => {
      const pasted = event.clipboardData?.files[0];
      if (!pasted || event.defaultPrevented) return;
      event.preventDefault();
      latest.current(pasted);
    };
    document.addEventListener("paste", onPaste);
    return () => document.removeEventListener("paste", onPaste);
  }, []);
}
