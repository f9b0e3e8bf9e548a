/** One view in the list of its set's: what it sees and how it stands. */
import { useQuery } from "@connectrpc/connect-query";
import { Link } from "react-router";

import { InspectionService, ReferenceSet_State as State, type View } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { formatCount } from "@/lib/numbers";
import { formatShare, UNKNOWN } from "@/lib/shares";
import { storePath } from "@/lib/store-url";
import { ButtonLink, IconButton } from "@/ui/button";
import { ImageIcon, MoreIcon, TrashIcon } from "@/ui/icons";
import { Menu } from "@/ui/menu";
import { Thumb } from "@/ui/thumb";

import { OutlineDrawing } from "../calibrate/outline-drawing";
import { Figure, Figures } from "../figures";
import { setPath } from "../paths";
import { SetState } from "../set-state";
import { kindOf } from "./view-words";

export function ViewCard({ view, owned, onDelete }: { view: View; owned: boolean; onDelete: () => void }) {
  const id = view.referenceSetId;
  return (
    <li className="flex flex-col rounded-lg border border-line bg-surface">
      <Sight view={view} />
      <div className="flex flex-1 flex-col gap-4 p-4">
        <div className="flex flex-col gap-2">
          <h3 className="text-lg font-semibold text-pretty [overflow-wrap:anywhere]">
            <Link to={setPath(id)} className="rounded-sm hover:underline">{view.displayName}</Link>
          </h3>
          <div className="flex flex-wrap items-center gap-2">
            <SetState set={view} />
            <span className="text-sm text-ink-soft">{kindOf(view)}</span>
          </div>
        </div>
        <Figures className="grid-cols-3">
          <Figure name="Images">{formatCount(view.imageCount)}</Figure>
          <Figure name="Version">{view.currentVersion || UNKNOWN}</Figure>
          <Figure name="Target rate">{view.targetFalseAlarmRate > 0 ? formatShare(view.targetFalseAlarmRate) : UNKNOWN}</Figure>
        </Figures>
        <div className="mt-auto flex flex-wrap items-center gap-2 border-t border-line pt-3">
          <ButtonLink to={setPath(id, view.currentVersion > 0 || view.imageCount === 0 ? "images" : "calibrate")} aria-label={`${nextDeed(view)}: ${view.displayName}`}>
            {nextDeed(view)}
          </ButtonLink>
          {view.currentVersion > 0 && <ButtonLink variant="quiet" to={`/inspect/review?set=${id}`} aria-label={`Review ${view.displayName}`}>Review</ButtonLink>}
          {owned && (
            <span className="ml-auto">
              <Menu
                label={`More for ${view.displayName}`}
                side="above"
                trigger={(props) => <IconButton icon={MoreIcon} label={`More for ${view.displayName}`} {...props} />}
                items={[{ label: "Delete…", icon: TrashIcon, danger: true, run: onDelete }]}
              />
            </span>
          )}
        </div>
      </div>
    </li>
  );
}

function nextDeed(view: View): string {
  if (view.currentVersion > 0 || view.state === State.CALIBRATING) return "Open";
  return view.imageCount > 0 ? "Calibrate" : "Add images";
}

/** One of its images, with the areas that count. */
function Sight({ view }: { view: View }) {
  const query = useQuery(InspectionService.method.listReferenceImages, { referenceSetId: view.referenceSetId, pageSize: 1 }, { enabled: view.imageCount > 0 });
  const [preview] = query.data?.previews ?? [];
  const outlines = view.regionsOfInterest.map(({ points }) => points);
  const height = preview?.height ?? 0;
  return (
    <div className="grid h-40 place-items-center overflow-hidden rounded-t-lg border-b border-line bg-sunken">
      {preview && height > 0 ? (
        <div className="relative h-40 max-w-full overflow-hidden" style={{ aspectRatio: preview.width / height }}>
          <Thumb src={storePath(preview.previewUrl) ?? storePath(preview.thumbnailUrl)} alt="" thumbhash={preview.thumbhash} className="size-full" />
          {outlines.length > 0 && (
            <div role="img" aria-label={`What counts in ${view.displayName}: ${outlines.length === 1 ? "one area" : `${outlines.length} areas`} of the picture`} className="absolute inset-0">
              <OutlineDrawing outlines={outlines} />
            </div>
          )}
        </div>
      ) : (
        <ImageIcon className="text-ink-faint" />
      )}
    </div>
  );
}
