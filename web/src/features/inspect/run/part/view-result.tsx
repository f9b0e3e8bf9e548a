/** One view of an inspected part: its picture with what was found, and its own verdict. */
import type { ViewInspection } from "@/gen/argus/inspection/v1/inspection_pb.js";
import type { Polygon } from "@/gen/argus/type/v1/geometry_pb.js";
import { Button } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { ImageIcon, WarningIcon } from "@/ui/icons";

import { useHeat } from "../../result/heat";
import { HeatOverlay } from "../../result/overlays";
import { useObjectUrl } from "../../result/use-object-url";
import { VerdictBadge } from "../../result/verdict-badge";
import { useViewSettings } from "../../result/view-settings";
import { formatRatio, ratioOf, verdictSentence } from "../../result/words";
import { OutlineDrawing } from "../../sets/calibrate/outline-drawing";
import { formatThreshold } from "../../sets/threshold-words";
import { outcomeOf, whyNot } from "./part-words";
import type { Chosen } from "./part-slots";

type Inspected = Extract<ViewInspection["outcome"], { case: "inspection" }>["value"];

export interface ViewResultProps {
  view: ViewInspection;
  /** What counts of the picture; all of it if none. */
  areas: readonly Polygon[];
  picture: Chosen | undefined;
  onOpen: () => void;
}

export function ViewResult({ view, areas, picture, onOpen }: ViewResultProps) {
  const found = view.outcome.case === "inspection" ? view.outcome.value : undefined;
  return (
    <li className="flex flex-col overflow-hidden rounded-lg border border-line bg-surface">
      {found ? <Found found={found} areas={areas} picture={picture} /> : <Bare picture={picture} />}
      <div className="flex flex-1 flex-col gap-2 p-4">
        <div className="flex flex-wrap items-center justify-between gap-2">
          <h3 className="min-w-0 text-lg font-semibold [overflow-wrap:anywhere]">{view.displayName}</h3>
          {found ? <VerdictBadge found={found} /> : <Chip tone="warning" icon={WarningIcon}>{outcomeOf(view) === "failed" ? "Not inspected" : "Not shown"}</Chip>}
        </div>
        <p className="text-sm text-pretty text-ink-soft">{found ? verdictSentence(found) : whyNot(view)}</p>
        {found && (
          <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-0.5 text-sm tabular-nums">
            <dt className="text-ink-faint">Score</dt>
            <dd className="text-ink-soft">{formatThreshold(found.score)}, {formatRatio(ratioOf(found))} the threshold</dd>
            <dt className="text-ink-faint">Threshold</dt>
            <dd className="text-ink-soft">{formatThreshold(found.threshold)}, version {found.version}</dd>
          </dl>
        )}
        {found && (
          <Button className="mt-auto self-start" onClick={onOpen} aria-label={`Look and judge: ${view.displayName}`}>
            Look and judge
          </Button>
        )}
      </div>
    </li>
  );
}

function Found({ found, areas, picture }: { found: Inspected; areas: readonly Polygon[]; picture: Chosen | undefined }) {
  const { heat } = useHeat(found);
  const { heat: wanted, opacity } = useViewSettings();
  // What the server drew has heat and outlines in it already.
  const overlaid = found.overlay.length > 0;
  const drawn = useObjectUrl(overlaid ? found.overlay : undefined);
  const src = overlaid ? drawn : picture?.src;
  return (
    <div className="grid place-items-center bg-sunken">
      {src === undefined ? (
        <div className="grid h-40 place-items-center text-ink-faint"><ImageIcon /></div>
      ) : (
        <div className="relative max-h-96 overflow-hidden">
          <img src={src} alt={picture?.name ?? ""} className="block max-h-96 w-auto max-w-full" />
          {areas.length > 0 && <OutlineDrawing outlines={areas.map(({ points }) => points)} />}
          {heat && wanted && !overlaid && <HeatOverlay heat={heat} opacity={opacity} />}
        </div>
      )}
    </div>
  );
}

function Bare({ picture }: { picture: Chosen | undefined }) {
  return (
    <div className="grid place-items-center bg-sunken">
      {picture?.src === undefined ? (
        <div className="grid h-40 place-items-center text-ink-faint"><ImageIcon /></div>
      ) : (
        <img src={picture.src} alt={picture.name} className="block max-h-96 w-auto max-w-full opacity-60" />
      )}
    </div>
  );
}
