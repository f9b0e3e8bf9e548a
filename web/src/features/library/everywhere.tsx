/** What the library does on every page: it takes files, uploads them, and hears of changes. */
import { useQuery } from "@connectrpc/connect-query";
import { useEffect } from "react";

import { InstallationService } from "@/gen/argus/installation/v1/installation_pb.js";

import { useLibrary } from "./images/use-library";
import { DropAnywhere } from "./upload/drop-anywhere";
import { Tray } from "./tray/tray";
import { UploadPanel } from "./upload/upload-panel";
import { useUploads } from "./upload/use-uploads";

export default function LibraryEverywhere() {
  const library = useLibrary();
  const uploads = useUploads();
  const limits = useQuery(InstallationService.method.getInstallation, {}, { staleTime: 600_000 }).data?.limits?.images;

  useEffect(() => uploads.queue.setLimits(limits), [uploads, limits]);

  // One stream a tab, and only while somebody sees it.
  useEffect(() => {
    const follow = (): void => {
      if (document.visibilityState === "visible") library.live.start();
      else library.live.stop();
    };
    follow();
    document.addEventListener("visibilitychange", follow);
    return () => {
      document.removeEventListener("visibilitychange", follow);
      library.live.stop();
    };
  }, [library]);

  useEffect(() => {
    const remember = (): void => uploads.remember();
    const warn = (event: BeforeUnloadEvent): void => {
      if (uploads.busy) event.preventDefault();
    };
    uploads.open();
    addEventListener("pagehide", remember);
    addEventListener("beforeunload", warn);
    return () => {
      removeEventListener("pagehide", remember);
      removeEventListener("beforeunload", warn);
      uploads.close();
    };
  }, [uploads]);

  return (
    <>
      <DropAnywhere onFiles={(files) => uploads.queue.add(files)} />
      <Tray />
      <UploadPanel />
    </>
  );
}
