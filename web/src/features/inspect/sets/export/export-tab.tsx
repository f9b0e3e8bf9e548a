/** A set's labelled images as a file. */
import { createClient } from "@connectrpc/connect";
import { useTransport } from "@connectrpc/connect-query";
import { useEffect, useRef, useState } from "react";

import { ExportFeedbackRequest_Format as Format, InspectionService } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { formatBytes } from "@/lib/numbers";
import { Button } from "@/ui/button";
import { DownloadIcon } from "@/ui/icons";
import { ErrorNote, ProgressBar } from "@/ui/states";
import { toast } from "@/ui/toast";

import { useSet } from "../set-context";
import { assembled, fileName, save } from "./export-file";

const FORMATS = [
  { format: Format.COCO, name: "COCO", suffix: "json", means: "Images, kinds of defect and regions, as programs for training and labelling read them." },
  { format: Format.CSV, name: "CSV", suffix: "csv", means: "A line for each labelled image, for a spreadsheet." },
  { format: Format.HTML, name: "Report", suffix: "html", means: "A page with pictures, numbers and notes that needs nothing else, to send or print." },
] as const;

export function ExportTab() {
  const { set } = useSet();
  const transport = useTransport();
  const [busy, setBusy] = useState<Format>();
  const [bytes, setBytes] = useState(0);
  const [error, setError] = useState<unknown>();
  const abort = useRef<AbortController>(undefined);
  useEffect(() => () => abort.current?.abort(), []);

  const run = async ({ format, name, suffix }: (typeof FORMATS)[number]): Promise<void> => {
    const mine = new AbortController();
    abort.current = mine;
    setBusy(format);
    setBytes(0);
    setError(undefined);
    try {
      const pieces = createClient(InspectionService, transport).exportFeedback(
        { referenceSetId: set.referenceSetId, format },
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
      <ul className="flex flex-col">
        {FORMATS.map((each) => (
          <li key={each.name} className="flex flex-col gap-2 border-t border-line py-4">
            <div className="flex items-center justify-between gap-4">
              <div className="min-w-0">
                <h3 className="font-medium">{each.name}</h3>
                <p className="text-sm text-ink-soft">{each.means}</p>
              </div>
              {busy === each.format ? (
                <Button onClick={() => abort.current?.abort()}>Cancel</Button>
              ) : (
                <Button icon={DownloadIcon} disabled={busy !== undefined} aria-label={`Export as ${each.name}`} onClick={() => void run(each)}>
                  Export
                </Button>
              )}
            </div>
            {busy === each.format && (
              <div className="flex flex-col gap-1">
                <ProgressBar label={`Export as ${each.name}`} />
                <p role="status" className="text-sm text-ink-soft tabular-nums">{bytes === 0 ? "Is being put together …" : `${formatBytes(bytes)} so far`}</p>
              </div>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
