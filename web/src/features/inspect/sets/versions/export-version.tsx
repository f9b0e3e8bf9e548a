/** Saves a version as one file, with which `argus inspect --offline` inspects where there is no mesh. */
import { createClient } from "@connectrpc/connect";
import { useTransport } from "@connectrpc/connect-query";
import { useEffect, useRef, useState } from "react";

import { CalibrationSettings_Scorer as Scorer, InspectionService, type Version } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { formatBytes } from "@/lib/numbers";
import { save } from "@/lib/save-file";
import { Button } from "@/ui/button";
import { DownloadIcon } from "@/ui/icons";
import { ErrorNote } from "@/ui/states";
import { toast } from "@/ui/toast";

import { assembled, fileName } from "../export/export-file";
import { useSet } from "../set-context";

export function ExportVersion({ version }: { version: Version }) {
  const { set } = useSet();
  const transport = useTransport();
  const [bytes, setBytes] = useState<number>();
  const [error, setError] = useState<unknown>();
  const abort = useRef<AbortController>(undefined);
  useEffect(() => () => abort.current?.abort(), []);

  if (version.settings?.scorer === Scorer.IMAGE_KNN) return "Not of this scorer: it needs the index of images";

  const run = async (): Promise<void> => {
    const mine = new AbortController();
    abort.current = mine;
    setBytes(0);
    setError(undefined);
    try {
      const request = { referenceSetId: set.referenceSetId, version: version.version };
      const pieces = createClient(InspectionService, transport).exportVersion(request, { signal: mine.signal });
      const file = await assembled(pieces, setBytes);
      save(file.blob, fileName(`${set.displayName} v${version.version}`, "argus"));
      toast(`Version ${version.version} saved, ${formatBytes(file.bytes)}`, { tone: "success", key: "export-version" });
    } catch (failure) {
      if (!mine.signal.aborted) setError(failure);
    } finally {
      setBytes(undefined);
    }
  };

  return (
    <span className="flex flex-col items-start gap-1">
      {bytes === undefined ? (
        <Button icon={DownloadIcon} aria-label={`Export version ${version.version}`} onClick={() => void run()}>
          Export
        </Button>
      ) : (
        <>
          <Button aria-label={`Cancel the export of version ${version.version}`} onClick={() => abort.current?.abort()}>Cancel</Button>
          <span role="status">{bytes === 0 ? "Is being put together …" : `${formatBytes(bytes)} so far`}</span>
        </>
      )}
      <ErrorNote error={error} />
    </span>
  );
}
