/** The one box: words, or a picture that is pasted, dropped or picked. */
import { type ReactNode, type Ref, type SubmitEvent, useEffect, useRef, useState } from "react";

import { IconButton } from "@/ui/button";
import { CloseIcon, ImageIcon, SearchIcon } from "@/ui/icons";
import { Thumb } from "@/ui/thumb";

/** The picture that is searched with, in place of words. */
export interface PictureChip {
  src: string | undefined;
  thumbhash?: Uint8Array | undefined;
  label: string;
}

export interface SearchBoxProps {
  /** What the search on screen has. */
  text: string;
  picture: PictureChip | undefined;
  /** Undefined where words can be searched; else why not. */
  noWords?: string | undefined;
  onText: (text: string) => void;
  onFile: (file: File) => void;
  onClear: () => void;
  /** Arrow down leaves the box for the results. */
  onLeave: () => void;
  ref?: Ref<HTMLInputElement>;
}

export function SearchBox({ text, picture, noWords, onText, onFile, onClear, onLeave, ref }: SearchBoxProps) {
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
    if (words !== "") onText(words);
  };
  return (
    <form
      role="search"
      onSubmit={submit}
      className="flex h-12 w-full max-w-200 items-center gap-2 rounded-lg bg-surface pr-1 pl-3 ring-1 ring-line-strong ring-inset focus-within:outline-2 focus-within:-outline-offset-1 focus-within:outline-accent"
    >
      <SearchIcon className="shrink-0 text-ink-faint" />
      {picture && <QueryPicture picture={picture} onRemove={onClear} />}
      <input
        ref={ref}
        type="text"
        enterKeyHint="search"
        aria-label="Search by words"
        autoComplete="off"
        spellCheck={false}
        disabled={noWords !== undefined}
        placeholder={noWords ?? (picture ? "or type words" : "What do you look for?")}
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
            if (text !== "") onClear();
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

function QueryPicture({ picture, onRemove }: { picture: PictureChip; onRemove: () => void }): ReactNode {
  return (
    <span className="flex h-9 min-w-0 shrink items-center gap-2 rounded-md bg-accent-soft pr-0.5 text-sm font-medium text-accent">
      <Thumb src={picture.src} thumbhash={picture.thumbhash} alt="" className="size-9 shrink-0 rounded-md" />
      <span className="max-w-40 truncate max-sm:sr-only">{picture.label}</span>
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
