/** The file name, changed in place. */
import { useState } from "react";

import type { Image } from "@/gen/argus/storage/v1/image_pb.js";
import { explain } from "@/lib/errors";
import { TextField } from "@/ui/field";

import { useLibrary } from "../images/use-library";

/** Give it the image's id as its key: what was typed belongs to one image. */
export function NameField({ image }: { image: Image }) {
  const library = useLibrary();
  const [draft, setDraft] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const [saving, setSaving] = useState(false);

  const forget = (): void => {
    setDraft(undefined);
    setProblem(undefined);
  };
  const save = async (): Promise<void> => {
    const filename = draft?.trim();
    if (filename === undefined || saving) return;
    if (filename === image.filename) {
      forget();
      return;
    }
    if (filename === "") {
      setProblem("An image needs a name.");
      return;
    }
    setSaving(true);
    try {
      await library.update(image.imageId, { filename });
      forget();
    } catch (error) {
      setProblem(renameProblem(error));
    } finally {
      setSaving(false);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <TextField
        label="Name"
        size="sm"
        autoComplete="off"
        spellCheck={false}
        maxLength={255}
        value={draft ?? image.filename}
        error={problem}
        aria-busy={saving}
        onChange={(event) => {
          setDraft(event.target.value);
          setProblem(undefined);
        }}
        onBlur={() => {
          // What failed is not sent again by looking elsewhere.
          if (problem === undefined) void save();
        }}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          forget();
          event.currentTarget.blur();
        }}
      />
    </form>
  );
}

function renameProblem(error: unknown): string {
  const { reason, message, fields } = explain(error);
  if (reason === "ETAG_MISMATCH") return "The image was changed elsewhere meanwhile. Press Enter to give it your name all the same, or Escape to leave it.";
  return fields["image.filename"] ?? message;
}
