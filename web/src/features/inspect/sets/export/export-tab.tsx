/** A set's labelled images, and reports of its versions, as files; and its results to elsewhere. */
import { createClient } from "@connectrpc/connect";
import { useTransport } from "@connectrpc/connect-query";
import { useEffect, useRef, useState } from "react";

import { ExportFeedbackRequest_Format as Format, InspectionService } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { formatBytes } from "@/lib/numbers";
import { save } from "@/lib/save-file";
import { Button } from "@/ui/button";
import { Select } from "@/ui/field";
import { DownloadIcon } from "@/ui/icons";
import { ErrorNote, ProgressBar } from "@/ui/states";
import { toast } from "@/ui/toast";

import { useSet } from "../set-context";
import { useVersions } from "../use-versions";
import { assembled, fileName } from "./export-file";
import { SinkCard } from "./sink-card";

const FORMATS = [
  { format: Format.COCO, name: "COCO", suffix: "json", means: "Images, kinds of defect and regions, as programs for training and labelling read them." },
  { format: Format.CSV, name: "CSV", suffix: "csv", means: "A line for each labelled image, for a spreadsheet." },
] as const;
const REPORTS = [
  { format: Format.PDF, name: "PDF", suffix: "pdf", means: "To send, print or keep." },
  { format: Format.HTML, name: "page", suffix: "html", means: "One file that needs nothing else and opens in every browser." },
] as const;

type Choice = (typeof FORMATS | typeof REPORTS)[number];

export function ExportTab() {
  const { owned } = useSet();
  return (
    <div className="flex flex-col gap-8">
      <ExportFiles />
      {owned && <SinkCard />}
    </div>
  );
}

function ExportFiles() {
  const { set } = useSet();
  const transport = useTransport();
  const [busy, setBusy] = useState<Format>();
  const [bytes, setBytes] = useState(0);
  const [error, setError] = useState<unknown>();
  const [version, setVersion] = useState(0);
  const { query: versions } = useVersions(set);
  const all = versions.data?.versions ?? [];
  const abort = useRef<AbortController>(undefined);
  useEffect(() => () => abort.current?.abort(), []);

  const run = async ({ format, name, suffix }: Choice): Promise<void> => {
    const mine = new AbortController();
    abort.current = mine;
    setBusy(format);
    setBytes(0);
    setError(undefined);
    try {
      const pieces = createClient(InspectionService, transport).exportFeedback(
        { referenceSetId: set.referenceSetId, format, version },
        { signal: mine.signal },
      );
      const file = await assembled(pieces, setBytes);
      save(file.blob, fileName(set.displayName, suffix));
      toast(`${name} saved, ${formatBytes(file.bytes)}`, { tone: "success", key: "export" });
    } catch (failure) {
      if (!mine.signal.aborted) setError(failure);
    } finally {
      setBusy(undefined);
    }
  };

  return (
    <section aria-labelledby="export" className="flex max-w-160 flex-col gap-4">
      <div>
        <h2 id="export" className="text-lg font-semibold">Export what people said</h2>
        <p className="text-sm text-ink-soft">
          The images that were labelled, with their last word, regions and notes. Images that nobody judged are not in it.
        </p>
      </div>
      <ErrorNote error={error} />
      <Choices choices={FORMATS} busy={busy} bytes={bytes} onRun={run} onCancel={() => abort.current?.abort()} />
      <div>
        <h2 className="text-lg font-semibold">Report what a version is worth</h2>
        <p className="text-sm text-ink-soft">
          How it tells what people judged and painted defects from normal images: curves, histograms, confusion by kind, the worst misses and
          false alarms as pictures, drift, and 95 % intervals.
        </p>
      </div>
      {all.length > 1 && (
        <div className="w-60">
          <Select
            label="Version"
            size="sm"
            value={String(version || set.currentVersion)}
            options={all.map((each) => ({ value: String(each.version), label: `Version ${each.version}${each.version === set.currentVersion ? ", in use" : ""}` }))}
            onChange={(value) => setVersion(Number(value))}
          />
        </div>
      )}
      <Choices choices={REPORTS} busy={busy} bytes={bytes} onRun={run} onCancel={() => abort.current?.abort()} />
    </section>
  );
}

interface ChoicesProps {
  choices: readonly Choice[];
  /** What is being put together. */
  busy: Format | undefined;
  bytes: number;
  onRun: (choice: Choice) => Promise<void>;
  onCancel: () => void;
}

function Choices({ choices, busy, bytes, onRun, onCancel }: ChoicesProps) {
  return (
    <ul className="flex flex-col">
      {choices.map((each) => {
        const label = each.format === Format.PDF || each.format === Format.HTML ? `Report as ${each.name}` : `Export as ${each.name}`;
        return (
          <li key={each.name} className="flex flex-col gap-2 border-t border-line py-4">
            <div className="flex items-center justify-between gap-4">
              <div className="min-w-0">
                <h3 className="font-medium first-letter:uppercase">{each.name}</h3>
                <p className="text-sm text-ink-soft">{each.means}</p>
              </div>
              {busy === each.format ? (
                <Button onClick={onCancel}>Cancel</Button>
              ) : (
                <Button icon={DownloadIcon} disabled={busy !== undefined} aria-label={label} onClick={() => void onRun(each)}>
                  {label.split(" ")[0]}
                </Button>
              )}
            </div>
            {busy === each.format && (
              <div className="flex flex-col gap-1">
                <ProgressBar label={label} />
                <p role="status" className="text-sm text-ink-soft tabular-nums">{bytes === 0 ? "Is being put together …" : `${formatBytes(bytes)} so far`}</p>
              </div>
            )}
          </li>
        );
      })}
    </ul>
  );
}
