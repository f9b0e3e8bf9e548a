/** The views of a part: cameras or regions, each a set of its own, inspected together. */
import { useState } from "react";

import type { View } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { Button, ButtonLink } from "@/ui/button";
import { EyeIcon, InspectIcon, PlusIcon } from "@/ui/icons";
import { EmptyState } from "@/ui/states";

import { useSetCache } from "../cache";
import { DeleteSetDialog } from "../delete-set-dialog";
import { useSet } from "../set-context";
import { AddViewDialog } from "./add-view-dialog";
import { ViewCard } from "./view-card";

export const MOST_VIEWS = 16;

export function ViewsTab() {
  const { set, owned } = useSet();
  const cache = useSetCache();
  const [adding, setAdding] = useState(false);
  const [doomed, setDoomed] = useState<View>();
  const { views } = set;
  const full = views.length >= MOST_VIEWS;
  const ready = set.currentVersion > 0 || views.some((view) => view.currentVersion > 0);
  const add = owned && (
    <Button variant="primary" size={views.length > 0 ? "sm" : "md"} icon={PlusIcon} disabled={full} onClick={() => setAdding(true)}>
      Add a view
    </Button>
  );
  return (
    <section aria-labelledby="views" className="flex flex-col gap-4">
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className="flex max-w-prose flex-col gap-1">
          <h2 id="views" className="text-lg font-semibold">Views</h2>
          <p className="text-sm text-pretty text-ink-soft">
            Cameras that see one part from several sides, or regions of one picture. Each learns from its own images and has its own
            threshold; a part that is inspected gets one verdict over all. Whoever sees this set sees its views.
          </p>
        </div>
        {views.length > 0 && (
          <div className="flex flex-wrap gap-2">
            {ready && <ButtonLink icon={InspectIcon} to={`/inspect/run?set=${set.referenceSetId}`}>Inspect a part</ButtonLink>}
            {add}
          </div>
        )}
      </div>
      {full && owned && <p className="text-sm text-ink-soft">A set has at most {MOST_VIEWS} views: delete one before you add another.</p>}
      {views.length === 0 ? (
        <EmptyState icon={EyeIcon} title="No views" actions={add}>
          {owned ? "Inspect more than one side of a part, or places of it that have each a threshold of their own." : "Only the owner of this set adds views."}
        </EmptyState>
      ) : (
        <ul className="grid gap-4 sm:grid-cols-[repeat(auto-fill,minmax(20rem,1fr))]">
          {views.map((view) => (
            <ViewCard key={view.referenceSetId} view={view} owned={owned} onDelete={() => setDoomed(view)} />
          ))}
        </ul>
      )}
      {adding && <AddViewDialog set={set} onClose={() => setAdding(false)} />}
      {doomed && (
        <DeleteSetDialog
          set={{ ...doomed, viewOf: set.referenceSetId }}
          onClose={() => setDoomed(undefined)}
          onDeleted={() => cache.viewsChanged()}
        />
      )}
    </section>
  );
}
