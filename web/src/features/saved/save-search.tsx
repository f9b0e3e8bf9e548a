/** What the search screen offers: to keep this search. */
import { useMutation } from "@connectrpc/connect-query";
import { useState } from "react";
import { useNavigate } from "react-router";

import { SavedSearchService } from "@/gen/argus/search/v1/saved_pb.js";
import { explainBriefly } from "@/lib/errors";
import { formatScore } from "@/lib/numbers";
import { Button, ButtonLink } from "@/ui/button";
import { TextField } from "@/ui/field";
import { FormDialog } from "@/ui/form-dialog";
import { PlusIcon } from "@/ui/icons";
import { toast } from "@/ui/toast";

import { useRefreshSaved } from "./use-saved";
import { lineFrom, proposedName } from "./words";

export interface SaveSearchProps {
  /** Makes what is looked for, as SearchImages has it; undefined if nothing is. */
  query: (() => Promise<{ text?: string; imageId?: string; image?: Uint8Array<ArrayBuffer>; filter?: string }>) | undefined;
  text: string;
  /** From which score on a match is more than chance, where that is known. */
  cutoff: number | undefined;
  /** Score of the best match; undefined without one. */
  best: number | undefined;
}

/** Buttons that lead to saved searches, and keep the present one. */
export function SaveSearch(props: SaveSearchProps) {
  const [open, setOpen] = useState(false);
  return (
    <>
      {props.query && (
        <Button icon={PlusIcon} onClick={() => setOpen(true)}>
          Save search
        </Button>
      )}
      <ButtonLink to="/search/saved" variant="quiet">
        Saved
      </ButtonLink>
      {open && props.query && <SaveDialog {...props} query={props.query} onClose={() => setOpen(false)} />}
    </>
  );
}

function SaveDialog({ query, text, cutoff, best, onClose }: SaveSearchProps & { query: NonNullable<SaveSearchProps["query"]>; onClose: () => void }) {
  const [name, setName] = useState(proposedName(text));
  const [typed, setTyped] = useState(formatScore(cutoff ?? best ?? 0));
  const create = useMutation(SavedSearchService.method.createSavedSearch, { meta: { handled: true } });
  const navigate = useNavigate();
  const refresh = useRefreshSaved();
  const line = lineFrom(typed, cutoff);
  const submit = async (): Promise<void> => {
    if (line === undefined) return;
    try {
      const saved = await create.mutateAsync({ displayName: name.trim(), query: { ...(await query()), ...line } });
      refresh();
      onClose();
      const open = { label: "Show", run: () => void navigate(`/search/saved/${saved.savedSearchId}`) };
      toast("Saved. New images that match are listed from now on.", { action: open });
    } catch (error) {
      toast(explainBriefly(error), { tone: "error", key: "save-search" });
    }
  };
  return (
    <FormDialog
      title="Save search"
      onClose={onClose}
      submit="Save"
      busy={create.isPending}
      incomplete={name.trim() === "" || line === undefined}
      onSubmit={() => void submit()}
    >
      <TextField label="Name" name="name" required maxLength={200} value={name} onChange={(event) => setName(event.target.value)} />
      <TextField
        label="From score"
        name="line"
        inputMode="decimal"
        value={typed}
        error={line === undefined ? "A score is a number from -1 to 1." : undefined}
        hint={
          cutoff === undefined
            ? "Images match from this score on; results show theirs."
            : "Images match from this score on. As it stands here it is what is more than chance in your images, and follows them."
        }
        onChange={(event) => setTyped(event.target.value)}
      />
    </FormDialog>
  );
}
