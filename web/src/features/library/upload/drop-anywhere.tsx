/** Takes files that are dropped or pasted where nothing else takes them, on every page. */
import { useEffect, useRef, useState } from "react";

import { bringsFiles, chosenFiles, droppedFiles, type FoundFile } from "@/lib/dropped-files";
import { UploadIcon } from "@/ui/icons";

export function DropAnywhere({ onFiles }: { onFiles: (files: FoundFile[]) => void }) {
  const [over, setOver] = useState(false);
  const take = useRef(onFiles);
  useEffect(() => {
    take.current = onFiles;
  });
  useEffect(() => {
    const onDragOver = (event: DragEvent): void => {
      if (!bringsFiles(event.dataTransfer)) return;
      // A place of the page's own under the pointer has taken it.
      if (event.defaultPrevented) {
        setOver(false);
        return;
      }
      event.preventDefault();
      setOver(true);
    };
    const onDragLeave = (event: DragEvent): void => {
      // Leaving the window, not an element of it.
      if (event.relatedTarget === null) setOver(false);
    };
    const onDrop = (event: DragEvent): void => {
      setOver(false);
      if (event.defaultPrevented || !event.dataTransfer || !bringsFiles(event.dataTransfer)) return;
      event.preventDefault();
      void droppedFiles(event.dataTransfer).then((files) => {
        if (files.length > 0) take.current(files);
      });
    };
    const onPaste = (event: ClipboardEvent): void => {
      const files = chosenFiles(event.clipboardData?.files ?? null);
      if (files.length === 0) return;
      // A page that takes pictures itself comes first, whoever of us listened first.
      setTimeout(() => {
        if (!event.defaultPrevented) take.current(files);
      });
    };
    // A drop that ended elsewhere tells nothing more.
    const onEnd = (): void => setOver(false);
    const listeners = { dragover: onDragOver, dragleave: onDragLeave, drop: onDrop, paste: onPaste, dragend: onEnd, blur: onEnd };
    for (const [name, listener] of Object.entries(listeners)) addEventListener(name, listener as EventListener);
    return () => {
      for (const [name, listener] of Object.entries(listeners)) removeEventListener(name, listener as EventListener);
    };
  }, []);
  if (!over) return null;
  return (
    <div className="pointer-events-none fixed inset-0 z-50 grid place-items-center bg-shade p-4">
      <div className="appear flex flex-col items-center gap-2 rounded-lg border-2 border-dashed border-accent bg-raised px-12 py-8 text-center shadow-pop">
        <UploadIcon width={32} height={32} strokeWidth={1.25} className="text-accent" />
        <p className="text-lg font-semibold">Drop to add to your library</p>
        <p className="text-sm text-ink-soft">Images, and folders with images</p>
      </div>
    </div>
  );
}
