/**
 * One inspection to look at: the image with what was found, the nearest normal images beside it in step,
 * and what it means. What can be done with it is the caller's.
 */
import { type ReactNode, useEffect, useRef, useState } from "react";

import type { InspectResponse } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { formatPercent } from "@/lib/numbers";
import type { Drawn, Shape } from "@/lib/outline";
import { storePath } from "@/lib/store-url";
import { formatDuration } from "@/lib/time";
import { actualZoom, type Pane, showing, type Size, type Viewport, WHOLE, zoomedTo } from "@/lib/viewport";
import { IconButton } from "@/ui/button";
import { cx } from "@/ui/cx";
import { Slider } from "@/ui/field";
import { HeatIcon, ImageIcon, MinusIcon, PlusIcon, RegionsIcon, SearchIcon } from "@/ui/icons";
import { Thumb } from "@/ui/thumb";
import { useShortcuts } from "@/ui/use-shortcuts";

import { useHeat } from "./heat";
import { problemName } from "./frame-words";
import { HeatLegend } from "./heat-legend";
import { ImagePane, Line, Rectangle } from "@/ui/image-pane";
import { follow, IN_STEP, lead, offsetBetween } from "./linked";
import { HeatOverlay, Regions } from "./overlays";
import { ScoreBar } from "./score-bar";
import { VerdictHeading } from "./verdict-badge";
import { useObjectUrl } from "./use-object-url";
import { changeViewSettings, getViewSettings, useViewSettings } from "./view-settings";
import { confidenceSentence, formatRatio, pValueSentence, ratioOf, verdictSentence } from "./words";

/** Where the inspected image's picture is; `src` is undefined if it was not stored. */
export interface Picture {
  readonly name: string;
  readonly src: string | undefined;
  readonly thumb?: string | undefined;
  readonly thumbhash?: Uint8Array | undefined;
  readonly size?: Size | undefined;
}

export interface ResultViewProps {
  inspection: InspectResponse;
  picture: Picture;
  /** A mark that the person drew. */
  region?: Drawn | undefined;
  /** While given, a drag over the image draws one. */
  onDrawn?: ((drawn: Drawn) => void) | undefined;
  /** What a drag draws. */
  drawing?: Shape | undefined;
  onSwipe?: ((by: -1 | 1) => void) | undefined;
  /** Above the verdict, for instance why it is shown. */
  before?: ReactNode;
  /** Below the facts, for instance what people said. */
  after?: ReactNode;
  /** When it was inspected, in words. */
  when?: string | undefined;
}

export function ResultView({ inspection: given, picture, region, onDrawn, drawing, onSwipe, before, after, when }: ResultViewProps) {
  // An answer that comes again, with what people said since, does not move what one looks at.
  const [shown, setShown] = useState(given);
  const inspection = shown.inspectionId !== "" && shown.inspectionId === given.inspectionId ? shown : given;
  const { regions, nearest, threshold } = inspection;
  const settings = useViewSettings();
  const { heat, failed } = useHeat(inspection);
  const [viewport, setViewport] = useState<Viewport>(WHOLE);
  const [pane, setPane] = useState<Pane>();
  const [chosen, setChosen] = useState<number | null>(null);
  const [other, setOther] = useState(0);
  const [broken, setBroken] = useState(false);

  // Another image begins whole, and on a phone at its top.
  const scroller = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // Newer browsers answer with a promise, which is no way to clean up.
    scroller.current?.scrollTo({ top: 0 });
  }, [inspection]);
  if (shown !== inspection) {
    setShown(inspection);
    setViewport(WHOLE);
    setChosen(null);
    setOther(0);
    setBroken(false);
  }

  // An unchosen region's nearest patch says nothing; a chosen one's is laid beside it.
  const here = chosen === null ? undefined : regions[chosen];
  const patch = here?.nearest?.preview ? here.nearest : undefined;
  const offset = patch ? offsetBetween(here?.box, patch.box) : IN_STEP;
  const normal = patch ?? nearest[other];
  const size: Size | undefined = picture.size?.width ? picture.size : heat && picture.src === undefined ? heat : undefined;
  // What the server drew has heat and outlines in it already.
  const overlaid = (picture.src === undefined || broken) && inspection.overlay.length > 0;
  const overlay = useObjectUrl(overlaid ? inspection.overlay : undefined);

  const whole = (): void => {
    setChosen(null);
    setViewport(WHOLE);
  };
  const compareWith = (index: number): void => {
    setChosen(null);
    setOther(index);
  };
  const choose = (index: number): void => {
    const box = regions[index]?.box;
    if (chosen === index || !box || !pane) {
      whole();
      return;
    }
    setChosen(index);
    setViewport(showing(box, pane, 0.4));
  };
  const zoom = (factor: number): void => {
    if (pane) setViewport(zoomedTo(viewport, pane, viewport.zoom * factor));
  };

  useShortcuts({ title: "Result" }, [
    { keys: "h", description: "Heat map", run: () => changeViewSettings({ heat: !settings.heat }) },
    { keys: "r", description: "Regions", run: () => changeViewSettings({ regions: !settings.regions }) },
    { keys: "[", description: "Heat map fainter", repeats: true, run: () => changeViewSettings({ opacity: getViewSettings().opacity - 0.1 }) },
    { keys: "]", description: "Heat map stronger", repeats: true, run: () => changeViewSettings({ opacity: getViewSettings().opacity + 0.1 }) },
    { keys: "+", description: "Zoom in", repeats: true, run: () => zoom(1.5) },
    { keys: "-", description: "Zoom out", repeats: true, run: () => zoom(1 / 1.5) },
    { keys: "0", description: "Whole image", run: whole },
    { keys: "p", description: "Pixel for pixel", run: () => pane && setViewport(zoomedTo(viewport, pane, actualZoom(pane))) },
    ...regions.slice(0, 9).map((_, index) => ({ keys: `${index + 1}`, description: `Zoom to region ${index + 1}`, run: () => choose(index) })),
    ...(nearest.length > 1
      ? [{ keys: "m", description: "Another normal image", run: () => compareWith((other + 1) % nearest.length) }]
      : []),
  ]);

  return (
    <div ref={scroller} className="flex h-full min-h-0 flex-col overflow-y-auto lg:flex-row lg:overflow-hidden">
      <div className="flex min-w-0 shrink-0 flex-col lg:min-h-0 lg:flex-1">
        <div className="flex min-h-0 flex-1 flex-col gap-px bg-line sm:flex-row">
          <ImagePane
            label={picture.name}
            src={overlaid ? overlay : broken ? undefined : picture.src}
            thumb={picture.thumb}
            thumbhash={picture.thumbhash}
            size={size}
            viewport={viewport}
            onViewport={setViewport}
            onPane={setPane}
            onSwipe={onSwipe}
            onDrawn={onDrawn}
            shape={drawing}
            onBroken={() => setBroken(true)}
            className="h-[44dvh] lg:h-auto lg:min-h-0 sm:flex-1"
            corner={<ZoomButtons zoom={viewport.zoom} onZoom={zoom} onWhole={whole} />}
          >
            {heat && settings.heat && !overlaid && <HeatOverlay heat={heat} opacity={settings.opacity} />}
            {settings.regions && !overlaid && <Regions regions={regions} threshold={threshold} chosen={chosen} onChoose={choose} />}
            {region?.outline ? <Line points={region.outline} closed /> : region && <Rectangle box={region.box} className="border-accent" />}
          </ImagePane>
          {normal && (
            <ImagePane
              label={patch ? "Nearest normal place" : "Nearest normal image"}
              src={storePath(normal.preview?.displayUrl)}
              thumb={storePath(normal.preview?.previewUrl)}
              thumbhash={normal.preview?.thumbhash}
              size={normal.preview}
              viewport={follow(viewport, offset)}
              onViewport={(next) => setViewport(lead(next, offset))}
              className="h-[26dvh] sm:h-[44dvh] sm:flex-1 lg:h-auto lg:min-h-0"
              corner={
                <span className="pointer-events-none absolute top-2 left-2 rounded-sm bg-raised px-2 py-0.5 text-xs font-medium shadow-pop">
                  {normal.preview ? (patch ? "Nearest normal place" : "Nearest normal image") : "The normal image's picture is not available"}
                </span>
              }
            >
              {patch?.box && settings.regions && <Rectangle box={patch.box} className="border-normal" />}
            </ImagePane>
          )}
        </div>
        <div className="flex shrink-0 flex-wrap items-center gap-x-4 gap-y-2 border-t border-line bg-surface px-4 py-2">
          <div className="flex items-center">
            <IconButton icon={HeatIcon} label="Heat map" keys="h" pressed={settings.heat} disabled={!heat} onClick={() => changeViewSettings({ heat: !settings.heat })} />
            <IconButton icon={RegionsIcon} label="Regions" keys="r" pressed={settings.regions} onClick={() => changeViewSettings({ regions: !settings.regions })} />
          </div>
          {inspection.heatmap.length > 0 ? (
            <>
              <div className="w-28">
                <Slider label="Opacity of the heat map" hideLabel value={settings.opacity} min={0.1} max={1} step={0.05} format={(value) => formatPercent(value, 0)} disabled={!settings.heat} onChange={(opacity) => changeViewSettings({ opacity })} />
              </div>
              <HeatLegend />
            </>
          ) : (
            <span className="text-sm text-ink-faint">This inspection has no heat map.</span>
          )}
          {failed && <span className="text-sm text-warning">The heat map could not be read.</span>}
          {overlaid && <span className="text-sm text-ink-faint">This browser cannot show the file; this is the server's picture of it.</span>}
          {picture.src === undefined && !overlaid && <span className="text-sm text-ink-faint">The image was not stored: only what was found is shown.</span>}
        </div>
      </div>
      <aside aria-label="What was found" className="flex shrink-0 flex-col gap-6 border-line p-4 lg:w-80 lg:overflow-y-auto lg:border-l">
        {before}
        <section className="flex flex-col gap-3" aria-live="polite">
          <VerdictHeading found={inspection} />
          <p className="text-base text-pretty text-ink-soft">{verdictSentence(inspection)}</p>
          {inspection.frameProblems.length > 1 && (
            <p className="text-sm text-ink-soft">Also: {inspection.frameProblems.slice(1).map((problem) => problemName(problem).toLowerCase()).join(", ")}.</p>
          )}
          <ScoreBar found={inspection} />
          <div className="flex flex-col gap-1 text-sm text-pretty text-ink-soft">
            {inspection.pValue > 0 && <p>{pValueSentence(inspection.pValue)}</p>}
            <p>{confidenceSentence(inspection.confidence)}</p>
          </div>
        </section>
        {regions.length > 0 && (
          <section className="flex flex-col gap-2">
            <h3 className="text-sm font-semibold">Regions</h3>
            <ul className="flex flex-wrap gap-1">
              {regions.map(({ score }, index) => (
                <li key={index}>
                  <button
                    type="button"
                    aria-pressed={chosen === index}
                    onClick={() => choose(index)}
                    className="flex h-8 items-center gap-2 rounded-md bg-sunken px-2.5 text-sm tabular-nums hover:text-ink aria-pressed:bg-accent-soft aria-pressed:text-accent"
                  >
                    <span className="font-medium">{index + 1}</span>
                    <span className={cx(chosen !== index && "text-ink-soft")}>{formatRatio(ratioOf({ score, threshold }))}</span>
                  </button>
                </li>
              ))}
            </ul>
            {here && <p className="text-sm text-ink-faint">{patch ? "Beside it: the place of a normal image that is most like it." : "The normal place that is most like it is not available."}</p>}
          </section>
        )}
        {nearest.length > 0 && (
          <section className="flex flex-col gap-2">
            <h3 className="text-sm font-semibold">Nearest normal images</h3>
            <ul className="grid grid-cols-4 gap-2">
              {nearest.map(({ imageId, preview }, index) => (
                <li key={imageId}>
                  <button
                    type="button"
                    aria-label={`Normal image ${index + 1}${preview?.filename ? `: ${preview.filename}` : ""}`}
                    aria-pressed={!patch && other === index}
                    onClick={() => compareWith(index)}
                    className="block w-full overflow-hidden rounded-sm ring-offset-2 ring-offset-canvas aria-pressed:ring-2 aria-pressed:ring-accent"
                  >
                    {preview ? (
                      <Thumb src={storePath(preview.thumbnailUrl)} alt="" thumbhash={preview.thumbhash} aspect={1} />
                    ) : (
                      <span className="grid aspect-square place-items-center bg-sunken text-ink-faint">
                        <ImageIcon />
                      </span>
                    )}
                  </button>
                </li>
              ))}
            </ul>
          </section>
        )}
        {after}
        <Facts inspection={inspection} name={picture.name} when={when} />
      </aside>
    </div>
  );
}

function Facts({ inspection, name, when }: { inspection: InspectResponse; name: string; when: string | undefined }) {
  const took = inspection.timings?.total;
  const rows: [string, string][] = [["Image", name]];
  if (when) rows.push(["Inspected", when]);
  if (inspection.version > 0) rows.push(["Version", `${inspection.version}`]);
  if (took) rows.push(["It took", formatDuration(Number(took.seconds) * 1000 + took.nanos / 1e6)]);
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 text-sm">
      {rows.map(([term, value]) => (
        <div key={term} className="contents">
          <dt className="text-ink-faint">{term}</dt>
          <dd className="truncate text-ink-soft tabular-nums" title={value}>
            {value}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function ZoomButtons({ zoom, onZoom, onWhole }: { zoom: number; onZoom: (factor: number) => void; onWhole: () => void }) {
  return (
    <div className="absolute right-2 bottom-2 flex items-center rounded-md bg-raised shadow-pop">
      <IconButton icon={MinusIcon} label="Zoom out" keys="-" disabled={zoom <= 1} onClick={() => onZoom(1 / 1.5)} />
      <IconButton icon={SearchIcon} label="Whole image" keys="0" disabled={zoom <= 1} onClick={onWhole} />
      <IconButton icon={PlusIcon} label="Zoom in" keys="+" onClick={() => onZoom(1.5)} />
    </div>
  );
}
