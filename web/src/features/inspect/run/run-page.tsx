/** Inspects images: files, the library's, or a camera's. */
import { useQuery, useTransport } from "@connectrpc/connect-query";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";

import { Feature, InstallationService } from "@/gen/argus/installation/v1/installation_pb.js";
import { takeHandedOver } from "@/lib/handed-over";
import { chosenFiles, type FoundFile } from "@/lib/dropped-files";
import { countOf, formatCount } from "@/lib/numbers";
import { orderOf } from "@/lib/selection";
import { Button, ButtonLink } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { DropZone, useFileDrop } from "@/ui/drop-zone";
import { Checkbox, Select, TextField } from "@/ui/field";
import { InspectIcon, LibraryIcon, RetryIcon } from "@/ui/icons";
import { Page } from "@/ui/page";
import { EmptyState, ErrorState, ProgressBar, Skeleton } from "@/ui/states";
import { Segmented } from "@/ui/tabs";
import { VirtualGrid } from "@/ui/virtual-grid";

import { InspectTabs } from "../result/inspect-tabs";
import { canInspect, isReady, SetChoice, useSets, VersionChoice, withViews, WORDS } from "../result/set-choice";
import { useParams } from "../result/use-params";
import { formatRatio, ratioOf, verdictWord } from "../result/words";

import { CameraPanel } from "./camera-panel";
import { LibraryPicker } from "./library-picker";
import { PartRun } from "./part/part-run";
import { CAPTION, RunCell } from "./run-cell";
import { arranged, countsOf, type Show, type Sort } from "./run-item";
import { type Against, RunManager } from "./run-manager";
import { runPorts } from "./run-ports";
import { RunResult } from "./run-result";

type Source = "part" | "files" | "library" | "camera";
const SOURCES: readonly { key: Source; label: string }[] = [{ key: "files", label: "Files" }, { key: "library", label: "Library" }, { key: "camera", label: "Camera" }];
const SHOWS: readonly { key: Show; label: string }[] = [
  { key: "all", label: "All" },
  { key: "anomalous", label: "Anomalous" },
  { key: "uninspectable", label: "Uninspectable" },
  { key: "normal", label: "Normal" },
  { key: "failed", label: "Not inspected" },
];

export function Component() {
  const transport = useTransport();
  const params = useParams();
  const sets = useSets();
  const installation = useQuery(InstallationService.method.getInstallation, {}, { staleTime: 600_000, retry: false });
  const zeroShot = installation.data?.features.includes(Feature.ZERO_SHOT) ?? false;
  const [run] = useState(() => new RunManager(runPorts(transport)));
  const items = useSyncExternalStore(run.subscribe, run.getItems);
  const [picking, setPicking] = useState(false);
  const [keep, setKeep] = useState(false);

  const all = useMemo(() => sets.data?.referenceSets ?? [], [sets.data]);
  const asked = params.get("set");
  const setId = asked || (all.find(canInspect)?.referenceSetId ?? "");
  const set = withViews(all).find((each) => each.referenceSetId === setId);
  // A set with views is of a part: all of them are inspected at once, or the set's own version is.
  const whole = all.find((each) => each.referenceSetId === setId && each.views.length > 0);
  const words = setId === WORDS;
  const object = params.get("object");
  const version = Number(params.get("version")) || 0;
  const asksFor = params.get("source");
  const byParts = whole !== undefined && (!isReady(whole) || asksFor === "part" || (asksFor === "" && items.length === 0));
  const source: Source = byParts ? "part" : (SOURCES.find(({ key }) => key === asksFor)?.key ?? "files");
  const sort: Sort = params.get("sort") === "time" ? "time" : "worst";
  const show = SHOWS.find(({ key }) => key === params.get("show"))?.key ?? "all";

  const ready = words ? object.trim() !== "" : set !== undefined && isReady(set);
  useEffect(() => {
    const against: Against | undefined = !ready ? undefined : words ? { object: object.trim() } : { setId, version };
    run.setAgainst(against);
  }, [run, ready, words, object, setId, version]);
  useEffect(() => {
    // After the effects of a mount that is undone at once, as in development.
    const timer = setTimeout(() => run.addStored(takeHandedOver()));
    return () => clearTimeout(timer);
  }, [run]);
  useEffect(() => () => run.clear(), [run]);

  const addFiles = (found: readonly FoundFile[]): void => run.addFiles(found.map(({ file, path }) => ({ file, name: path })), keep);
  const drop = useFileDrop(addFiles);
  useEffect(() => {
    if (byParts) return undefined;
    const onPaste = (event: ClipboardEvent): void => {
      const files = chosenFiles(event.clipboardData?.files ?? null);
      if (files.length === 0) return;
      event.preventDefault();
      run.addFiles(files.map(({ file, path }) => ({ file, name: path })), keep);
    };
    addEventListener("paste", onPaste);
    return () => removeEventListener("paste", onPaste);
  }, [run, keep, byParts]);

  const shown = useMemo(() => arranged(items, sort, show), [items, sort, show]);
  const order = useMemo(() => orderOf(shown.map((item) => item.key)), [shown]);
  const counts = countsOf(items);
  const open = shown.find((item) => item.key === params.get("item")) ?? items.find((item) => item.key === params.get("item"));
  const openItem = (key: string): void => params.change({ item: key }, !open);
  const blocked = ready ? undefined : words ? "Say in a few words what the image shows." : "Choose a calibrated set first.";

  if (sets.isPending) return <Page title="Run" actions={<InspectTabs />}><Skeleton className="h-80" /></Page>;
  if (sets.isError) return <Page title="Run" actions={<InspectTabs />}><ErrorState error={sets.error} onRetry={() => void sets.refetch()} /></Page>;
  if (open) {
    return (
      <Page title="Run" fill actions={<InspectTabs setId={set?.referenceSetId} />}>
        <RunResult
          items={shown.includes(open) ? shown : items}
          item={open}
          onOpen={openItem}
          onClose={() => params.change({ item: undefined })}
          onKeep={(key) => void run.keep(key)}
          onRetry={(key) => run.retry([key])}
        />
      </Page>
    );
  }

  const toolbar = (
      <div className="flex flex-wrap items-center gap-2">
        {(all.length > 0 || zeroShot) && (
          <SetChoice
            sets={all}
            value={setId}
            readyOnly
            words={zeroShot}
            {...(setId === "" && { none: "Choose a set" })}
            onChange={(next) => {
              run.clear();
              params.change({ set: next, version: undefined, item: undefined, source: asksFor === "part" ? undefined : asksFor });
            }}
          />
        )}
        {set && isReady(set) && !byParts && <VersionChoice set={set} value={version} onChange={(next) => params.change({ version: next ? `${next}` : undefined })} />}
        {words && <TextField label="What the images show" hideLabel size="sm" placeholder="What they show, such as metal tile" defaultValue={object} maxLength={200} onBlur={(event) => params.change({ object: event.target.value })} onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()} />}
        {whole && !isReady(whole) ? null : (
          <Segmented<Source>
            label="Where images come from"
            value={source}
            onChange={(next) => params.change({ source: next === "files" && !whole ? undefined : next })}
            options={whole ? [{ key: "part", label: "Part" }, ...SOURCES] : SOURCES}
          />
        )}
      </div>
  );
  if (byParts && !words) {
    return (
      <Page title="Run" fill actions={<InspectTabs setId={setId} />} toolbar={toolbar}>
        <PartRun key={setId} set={whole} />
      </Page>
    );
  }
  const filters = items.length > 0 && (
    <div className="flex flex-col gap-3 pt-4 pb-3">
      {counts.done + counts.failed < counts.all && <ProgressBar label="Images inspected" value={counts.done + counts.failed} max={counts.all} />}
      <div className="flex flex-wrap items-center gap-2">
        <span role="status" className="text-sm text-ink-soft tabular-nums">
          {counts.done < counts.all ? `${formatCount(counts.done)} of ${countOf(counts.all, "image")} inspected` : `${countOf(counts.all, "image")} inspected`}, {formatCount(counts.anomalous)} anomalous{counts.uninspectable > 0 && `, ${formatCount(counts.uninspectable)} uninspectable`}
        </span>
        <div className="ml-auto flex flex-wrap items-center gap-2">
          {SHOWS.map(({ key, label }) =>
            (key === "failed" || key === "uninspectable") && counts[key] === 0 ? null : (
              <Chip key={key} pressed={show === key} onClick={() => params.change({ show: key === "all" ? undefined : key })}>{key === "failed" ? `${label} (${counts.failed})` : label}</Chip>
            ),
          )}
          <Select label="Order" hideLabel size="sm" value={sort} options={[{ value: "worst", label: "Worst first" }, { value: "time", label: "Newest first" }]} onChange={(next) => params.change({ sort: next === "time" ? next : undefined })} />
          {counts.failed > 0 && <Button icon={RetryIcon} onClick={() => run.retry()}>Try failed ones again</Button>}
          <Button variant="quiet" onClick={() => run.again()} disabled={!ready}>Inspect again</Button>
          <Button variant="quiet" onClick={() => run.clear()}>Clear</Button>
        </div>
      </div>
    </div>
  );
  const sourcePanel =
    source === "camera" ? (
      <CameraPanel frames={items.filter((item) => item.source === "frame")} onOpen={openItem} blocked={blocked} onFrame={(frame, name) => run.addFrame(frame, name)} />
    ) : source === "library" ? (
      items.length === 0 ? (
        <EmptyState icon={LibraryIcon} title="Inspect images of your library" actions={<Button variant="primary" size="md" onClick={() => setPicking(true)}>Choose images</Button>}>
          They are inspected where they are; you can judge them, and the set learns from that.
        </EmptyState>
      ) : (
        <Button icon={LibraryIcon} onClick={() => setPicking(true)}>Choose more images</Button>
      )
    ) : (
      <div className="flex flex-col gap-2">
        <DropZone onFiles={addFiles} label={items.length === 0 ? "Drop images or folders to inspect them" : "Drop more"} hint={items.length === 0 ? "or press to choose files, or paste a picture. They are not stored." : undefined} className={items.length === 0 ? "h-[44dvh]" : "h-24"} />
        <Checkbox label="Keep them in the library too, so that they can be reviewed and learnt from" checked={keep} onChange={(event) => setKeep(event.target.checked)} />
      </div>
    );

  const noSets = all.length === 0 && !zeroShot;
  return (
    <Page title="Run" fill actions={<InspectTabs setId={set?.referenceSetId} />} toolbar={toolbar}>
      <div {...drop.handlers} className="h-full">
        {noSets ? (
          <div className="grid h-full">
            <EmptyState icon={InspectIcon} title="First show what is normal" actions={<ButtonLink variant="primary" size="md" to="/inspect">Make a reference set</ButtonLink>}>
              Make a reference set of images of good parts and calibrate it. Ten are enough for a first look.
            </EmptyState>
          </div>
        ) : (
          <VirtualGrid
            label="Inspected images"
            order={order}
            minCellWidth={168}
            gap={12}
            footer={CAPTION}
            header={
              <>
                {blocked && source !== "camera" && <p role="status" className="pb-3 text-sm text-warning">{blocked}</p>}
                {sourcePanel}
                {filters}
                {items.length > 0 && shown.length === 0 && <p className="py-6 text-center text-base text-ink-soft">None of them. <button type="button" className="font-medium text-accent hover:underline" onClick={() => params.change({ show: undefined })}>Show all</button></p>}
              </>
            }
            cellLabel={(index) => {
              const item = shown[index];
              if (!item) return "Image";
              return item.inspection ? `${verdictWord(item.inspection)}, ${formatRatio(ratioOf(item.inspection))}, ${item.name}` : `${item.state}, ${item.name}`;
            }}
            renderCell={(index) => {
              const item = shown[index];
              return item ? <RunCell item={item} /> : null;
            }}
            onOpen={(_index, key) => openItem(key)}
          />
        )}
      </div>
      {picking && <LibraryPicker onClose={() => setPicking(false)} onChoose={(ids) => {
        setPicking(false);
        run.addStored(ids);
      }} />}
    </Page>
  );
}
