/** Images that people called normal and that are not in the set yet: one press adds them. */
import { useQuery } from "@connectrpc/connect-query";

import { InspectionService, type ReferenceSet } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { countOf } from "@/lib/numbers";
import { storePath } from "@/lib/store-url";
import { Button } from "@/ui/button";
import { PlusIcon } from "@/ui/icons";
import { Thumb } from "@/ui/thumb";

const MOST = 500;
const SHOWN = 12;

export function ProposedImages({ set, onAdd }: { set: ReferenceSet; onAdd: (ids: readonly string[]) => void }) {
  const { data } = useQuery(InspectionService.method.listProposedImages, { referenceSetId: set.referenceSetId, pageSize: MOST });
  const ids = data?.imageIds ?? [];
  if (ids.length === 0) return null;
  const many = `${countOf(ids.length, "image")}${data?.nextPageToken ? " and more" : ""}`;
  return (
    <section aria-label="Proposed images" className="flex flex-col gap-3 rounded-lg border border-line bg-surface p-4">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <p className="min-w-0">
          <strong className="font-semibold">{many}</strong> that people called normal {ids.length === 1 ? "is" : "are"} not in the set yet.
        </p>
        <Button icon={PlusIcon} onClick={() => onAdd(ids)}>
          Add {ids.length === 1 ? "it" : `all ${ids.length}`}
        </Button>
      </div>
      <ul aria-label="What is proposed" className="flex gap-2 overflow-hidden">
        {data?.previews.slice(0, SHOWN).map((preview) => (
          <li key={preview.imageId} className="shrink-0">
            <Thumb src={storePath(preview.thumbnailUrl)} alt={preview.filename} thumbhash={preview.thumbhash} className="size-16 rounded-sm" />
          </li>
        ))}
      </ul>
    </section>
  );
}
