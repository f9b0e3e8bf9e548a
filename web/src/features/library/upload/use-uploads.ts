/** The uploads for components; they go on while one looks around. */
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";

import { useAccount } from "@/lib/use-session";

import { useLibrary } from "../images/use-library";
import type { Leftover } from "./leftovers";
import type { UploadSummary } from "./upload-queue";
import { Uploads } from "./uploads";

const made = new WeakMap<QueryClient, Uploads>();

export function useUploads(): Uploads {
  const client = useQueryClient();
  const library = useLibrary();
  const { userId } = useAccount();
  let uploads = made.get(client);
  if (!uploads) made.set(client, (uploads = new Uploads(library, userId)));
  return uploads;
}

export function useUploadSummary(): UploadSummary {
  const { queue } = useUploads();
  return useSyncExternalStore(queue.subscribe, queue.getSummary);
}

export function useLeftovers(): readonly Leftover[] {
  const uploads = useUploads();
  return useSyncExternalStore(uploads.subscribeLeftovers, uploads.getLeftovers);
}
