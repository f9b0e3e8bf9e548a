/** A place for files: drop, or press to choose. */
import { type DragEvent, type ReactNode, useId, useRef, useState } from "react";

import { bringsFiles, chosenFiles, droppedFiles, type FoundFile } from "@/lib/dropped-files";

import { cx } from "./cx";
import { UploadIcon } from "./icons";

export interface DropZoneProps {
  /** Called with at least one file. */
  onFiles: (files: FoundFile[]) => void;
  /** What is done with them: `Drop images to add them`. */
  label: string;
  hint?: ReactNode;
  /** As in `<input accept>`. */
  accept?: string;
  multiple?: boolean;
  disabled?: boolean;
  className?: string;
}

export function DropZone({ onFiles, label, hint, accept = "image/*", multiple = true, disabled = false, className }: DropZoneProps) {
  const input = useRef<HTMLInputElement>(null);
  const { over, handlers } = useFileDrop(onFiles, disabled);
  const id = useId();
  return (
    <div
      {...handlers}
      className={cx(
        "relative rounded-lg border border-dashed text-center transition-colors has-focus-visible:outline-2 has-focus-visible:outline-accent",
        over ? "border-accent bg-accent-soft" : "border-line-strong hover:bg-sunken",
        className,
      )}
    >
      <label htmlFor={id} className="flex h-full flex-col items-center justify-center gap-1 p-6">
        <UploadIcon className="text-ink-faint" />
        <span className="font-medium">{label}</span>
        {hint && <span className="text-sm text-ink-faint">{hint}</span>}
      </label>
      <input
        ref={input}
        id={id}
        type="file"
        className="sr-only"
        {...{ accept, multiple, disabled }}
        onChange={(event) => {
          const files = chosenFiles(event.target.files);
          // The same file may be chosen again.
          event.target.value = "";
          if (files.length > 0) onFiles(files);
        }}
      />
    </div>
  );
}

/** Makes any element take files; `over` while some hover over it. */
export function useFileDrop(onFiles: (files: FoundFile[]) => void, disabled = false) {
  const [over, setOver] = useState(false);
  // Entering a child comes before leaving the parent.
  const depth = useRef(0);
  const relevant = (event: DragEvent): boolean => !disabled && bringsFiles(event.dataTransfer);
  return {
    over,
    handlers: {
      onDragEnter: (event: DragEvent) => {
        if (!relevant(event)) return;
        depth.current += 1;
        setOver(true);
      },
      onDragLeave: (event: DragEvent) => {
        if (!relevant(event)) return;
        depth.current -= 1;
        setOver(depth.current > 0);
      },
      onDragOver: (event: DragEvent) => {
        if (relevant(event)) event.preventDefault();
      },
      onDrop: (event: DragEvent) => {
        depth.current = 0;
        setOver(false);
        if (!relevant(event)) return;
        event.preventDefault();
        event.stopPropagation();
        void droppedFiles(event.dataTransfer).then((files) => {
          if (files.length > 0) onFiles(files);
        });
      },
    },
  };
}
