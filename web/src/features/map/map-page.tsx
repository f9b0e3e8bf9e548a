import { useQuery } from "@connectrpc/connect-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useSearchParams } from "react-router";

import { GetMapResponse_State as State } from "@/gen/argus/search/v1/search_pb.js";
import { ImageService } from "@/gen/argus/storage/v1/image_pb.js";
import { countOf } from "@/lib/numbers";
import { formatRelative } from "@/lib/time";
import { ButtonLink } from "@/ui/button";
import { Select } from "@/ui/field";
import { LibraryIcon, MapIcon } from "@/ui/icons";
import { Page } from "@/ui/page";
import { EmptyState, ErrorNote, ErrorState, ProgressBar, Skeleton } from "@/ui/states";
import { Segmented } from "@/ui/tabs";
import { useSelection } from "@/ui/use-selection";
import { useShortcuts } from "@/ui/use-shortcuts";

import { Legend } from "./legend";
import { useMapMemory } from "./map-memory";
import { MapStage } from "./map-stage";
import { PointIndex } from "./point-index";
import { NO_POINTS } from "./points";
import { pointsIn, type Region } from "./region";
import { RegionPanel } from "./region-panel";
import { useColouring } from "./use-colouring";
import type { Tool } from "./use-gestures";
import { useImages } from "./use-images";
import { type ImageMap, useMap } from "./use-map";
import { useDark } from "./use-theme-colours";
import type { Place, View } from "./view";

/** With fewer there is nothing to see. */
const FEWEST = 3;

const TOOLS = [
  { key: "move", label: "Move" },
  { key: "lasso", label: "Lasso" },
  { key: "box", label: "Box" },
] as const satisfies readonly { key: Tool; label: string }[];

export function Component() {
  const map = useMap();
  const points = map.data?.points ?? NO_POINTS;
  const index = useMemo(() => new PointIndex(points), [points]);
  const images = useImages();
  const selection = useSelection("library");
  const [looked, keepLooked] = useMapMemory();
  const [tool, setTool] = useState<Tool>("move");
  const [view, setView] = useState<View | null>(looked.view);
  const [region, setRegion] = useState<Region | null>(looked.region);
  const [cursor, setCursor] = useState<{ place: Place; reach: number } | null>(null);
  const [alone, setAlone] = useState<number | null>(null);
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => keepLooked({ view, region }), [keepLooked, view, region]);

  const [params, setParams] = useSearchParams();
  const by = params.get("colour") ?? undefined;
  const colouring = useColouring(points, by, map.data?.version ?? "");
  const dark = useDark();

  const inside = useMemo(() => (region ? pointsIn(points, index, region) : undefined), [points, index, region]);
  const near = useMemo(() => (cursor ? index.near(cursor.place, cursor.reach) : undefined), [index, cursor]);
  const list = inside ?? near;

  const closeList = useCallback(() => {
    setRegion(null);
    setCursor(null);
  }, []);

  const ready = points.count >= FEWEST;
  useShortcuts({ title: "Map", enabled: ready }, [
    { keys: "v", description: "Move the map", run: () => setTool("move") },
    { keys: "l", description: "Draw a lasso", run: () => setTool("lasso") },
    { keys: "b", description: "Draw a box", run: () => setTool("box") },
  ]);

  return (
    <Page
      title="Map"
      fill
      actions={
        ready && (
          <>
            <ColourSelect
              by={by}
              onBy={(next) => {
                setAlone(null);
                setParams(next === undefined ? {} : { colour: next }, { replace: true });
              }}
            />
            <Segmented label="What dragging does" options={TOOLS} value={tool} onChange={setTool} />
          </>
        )
      }
      {...(ready && { toolbar: <Caption map={map.data} failed={map.error} /> })}
    >
      {!ready ? (
        <div className="grid h-full">
          <NoMap map={map} />
        </div>
      ) : (
        <div className="flex h-full flex-col border-t border-line sm:flex-row">
          <MapStage
            points={points}
            index={index}
            images={images}
            selection={selection}
            tool={tool}
            view={view}
            onView={setView}
            region={region}
            onRegion={(next) => {
              setRegion(next);
              if (next) setCursor(null);
            }}
            inside={inside}
            categories={colouring.categories}
            alone={alone}
            cursor={cursor?.place ?? null}
            onCursor={(place, reach) => setCursor(place && { place, reach })}
            onList={() => requestAnimationFrame(() => panel.current?.querySelector<HTMLElement>('[role="gridcell"]')?.focus())}
          >
            {colouring.legend.length > 0 && <Legend legend={colouring.legend} dark={dark} alone={alone} onAlone={setAlone} />}
            {colouring.pending && (
              <div className="absolute inset-x-0 top-0">
                <ProgressBar label="Finding out the colours" />
              </div>
            )}
            {colouring.error !== null && (
              <div className="absolute top-3 left-3 max-w-80">
                <ErrorNote error={colouring.error} />
              </div>
            )}
          </MapStage>
          {list && (
            <div ref={panel} className="contents">
              <RegionPanel
                points={points}
                list={list}
                near={inside === undefined}
                onClose={closeList}
              />
            </div>
          )}
        </div>
      )}
    </Page>
  );
}

function Caption({ map, failed }: { map: ImageMap | undefined; failed: unknown }) {
  if (!map) return null;
  return (
    <p role="status" className="text-sm text-ink-soft">
      {countOf(map.points.count, "image")}; like ones lie near each other.
      {map.state === State.STALE && " New images are being placed."}
      {map.state === State.BUILDING && " The map is being made anew."}
      {map.state === State.READY && map.built && <span className="max-sm:hidden"> Laid out {formatRelative(map.built)}.</span>}
      {failed !== null && " It cannot be brought up to date right now."}
    </p>
  );
}

function NoMap({ map }: { map: ReturnType<typeof useMap> }) {
  if (map.isPending) return <Skeleton className="m-4 sm:m-6" />;
  if (map.isError && !map.data) return <ErrorState error={map.error} onRetry={() => void map.refetch()} />;
  if (map.data.state === State.BUILDING) {
    return (
      <EmptyState icon={MapIcon} title="The map is being made" actions={<span className="w-48"><ProgressBar label="Making the map" /></span>}>
        Argus finds a place for each of your images, near those that look alike. It appears here by itself.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={MapIcon}
      title="Too few images for a map"
      actions={
        <ButtonLink to="/library" icon={LibraryIcon}>
          To your library
        </ButtonLink>
      }
    >
      A map shows which images look alike; that takes {FEWEST} at least. Images are on it a moment after they are added.
    </EmptyState>
  );
}

function ColourSelect({ by, onBy }: { by: string | undefined; onBy: (by: string | undefined) => void }) {
  const labels = useQuery(ImageService.method.listLabels, { maxValues: 1 }).data?.keys ?? [];
  const known = by === undefined || by === "type" || labels.some(({ key }) => by === `label:${key}`);
  return (
    <Select
      label="Colour by"
      hideLabel
      size="sm"
      value={by ?? ""}
      onChange={(value) => onBy(value || undefined)}
      options={[
        { value: "", label: "One colour" },
        ...labels.map(({ key }) => ({ value: `label:${key}`, label: `Colour by ${key}` })),
        ...(known ? [] : [{ value: by, label: `Colour by ${by.replace(/^label:/, "")}` }]),
        { value: "type", label: "Colour by file type" },
      ]}
    />
  );
}
