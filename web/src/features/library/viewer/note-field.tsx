/** What the owner wrote about an image, changed in place. */
import { useRef, useState } from "react";

import type { Image } from "@/gen/argus/storage/v1/image_pb.js";
import { explain } from "@/lib/errors";
import { TextArea } from "@/ui/field";

import { useLibrary } from "../images/use-library";

const MOST_CHARACTERS = 4000;

/** Give it the image's id as its key: what was typed belongs to one image. */
export function NoteField({ image }: { image: Image }) {
  const library = useLibrary();
  const [draft, setDraft] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const [saving, setSaving] = useState(false);
  const leaving = useRef(false);

  const forget = (): void => {
    setDraft(undefined);
    setProblem(undefined);
  };
  const save = async (): Promise<void> => {
    const note = draft?.trim();
    if (note === undefined || saving) return;
    if (note === image.note) {
      forget();
      return;
    }
    setSaving(true);
    try {
      await library.update(image.imageId, { note });
      // What was typed meanwhile stays.
      setDraft((now) => (now === draft ? undefined : now));
      setProblem(undefined);
    } catch (error) {
      setProblem(noteProblem(error));
    } finally {
      setSaving(false);
    }
  };
  return (
    <TextArea
      label="Note"
      hint="Searches find its words."
      rows={Math.min(8, Math.max(2, (draft ?? image.note).split("\n").length))}
      maxLength={MOST_CHARACTERS}
      value={draft ?? image.note}
      error={problem}
      aria-busy={saving}
      onChange={(event) => {
        setDraft(event.target.value);
        setProblem(undefined);
      }}
      onBlur={() => {
        // What failed is not sent again by looking elsewhere.
        if (problem === undefined && !leaving.current) void save();
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          void save();
        } else if (event.key === "Escape") {
          event.stopPropagation();
          forget();
          leaving.current = true;
          event.currentTarget.blur();
          leaving.current = false;
        }
      }}
    />
  );
}

function noteProblem(error: unknown): string {
  const { reason, message, fields } = explain(error);
  if (reason === "ETAG_MISMATCH") return "The image was changed elsewhere meanwhile. Press Ctrl+Enter to keep your note all the same, or Escape to leave it.";
  return fields["image.note"] ?? message;
}
