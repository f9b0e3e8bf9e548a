/** What the search screen offers: to keep this search. */
import { create } from "@bufbuild/protobuf";
import { useMutation } from "@connectrpc/connect-query";
import { useState } from "react";
import { useNavigate } from "react-router";

import { SavedSearchService } from "@/gen/argus/search/v1/saved_pb.js";
import { SearchImagesRequest_Matching as Matching, SearchImagesRequestSchema } from "@/gen/argus/search/v1/search_pb.js";
import { explainBriefly } from "@/lib/errors";
import { formatScore } from "@/lib/numbers";
import type { SearchSlotProps } from "@/lib/search-slot";
import { Button, ButtonLink } from "@/ui/button";
import { TextField } from "@/ui/field";
import { FormDialog } from "@/ui/form-dialog";
import { PlusIcon } from "@/ui/icons";
import { toast } from "@/ui/toast";

import { useRefreshSaved } from "./use-saved";
import { lineFrom, proposedName } from "./words";

/** Buttons that lead to saved searches, and keep the present one. */
export default function SaveSearch(props: SearchSlotProps) {
  const [open, setOpen] = useState(false);
  return (
    <>
      {props.request && (
        <Button icon={PlusIcon} onClick={() => setOpen(true)}>
          Save search
        </Button>
      )}
      <ButtonLink to="/search/saved" variant="quiet">
        Saved
      </ButtonLink>
      {open && props.request && <SaveDialog {...props} request={props.request} onClose={() => setOpen(false)} />}
    </>
  );
}

function SaveDialog({ request, title, cutoff, score, onClose }: SearchSlotProps & { request: NonNullable<SearchSlotProps["request"]>; onClose: () => void }) {
  const [name, setName] = useState(proposedName(title));
  const [typed, setTyped] = useState(formatScore(cutoff ?? score ?? 0));
  const saving = useMutation(SavedSearchService.method.createSavedSearch, { meta: { handled: true } });
  const navigate = useNavigate();
  const refresh = useRefreshSaved();
  const line = lineFrom(typed, cutoff);
  const submit = async (): Promise<void> => {
    if (line === undefined) return;
    try {
      const saved = await saving.mutateAsync({ displayName: name.trim(), query: Object.assign(await lasting(request), line) });
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
      busy={saving.isPending}
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
            ? "Images match by their meaning, from this score on; results show theirs."
            : "Images match by their meaning, from this score on. As it stands here it is what is more than chance in your images, and follows them."
        }
        onChange={(event) => setTyped(event.target.value)}
      />
    </FormDialog>
  );
}

/** What is looked for, without what is of one answer: how that is ordered and arranged, and its line. */
async function lasting(request: NonNullable<SearchSlotProps["request"]>) {
  const query = create(SearchImagesRequestSchema, await request());
  query.matching = Matching.MEANING;
  query.wordsWeight = 0;
  query.diversity = 0;
  query.foldDuplicates = false;
  query.exact = false;
  delete query.minScore;
  return query;
}
