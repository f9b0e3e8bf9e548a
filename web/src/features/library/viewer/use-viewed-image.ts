/** The image that the viewer shows: at once if the page knows it, and as the server has it now. */
import { useQuery } from "@tanstack/react-query";
import { useCallback, useSyncExternalStore } from "react";

import type { Image } from "@/gen/argus/storage/v1/image_pb.js";
import { explain, worthRetrying } from "@/lib/errors";
import { isUuid } from "argus-client/request-id";

import { useLibrary } from "../images/use-library";

export type Viewed =
  | { state: "there"; image: Image }
  | { state: "loading" }
  /** Deleted, or never there. */
  | { state: "gone" }
  | { state: "failed"; error: unknown; retry: () => void };

export function useViewedImage(id: string): Viewed {
  const library = useLibrary();
  const { store } = library;
  const known = isUuid(id);
  const image = useSyncExternalStore(
    useCallback((listener) => store.subscribe(id, listener), [store, id]),
    () => store.get(id),
  );
  // The record itself is the store's, where changes arrive too; this only says how the asking went.
  const { isError, error, refetch } = useQuery({
    queryKey: ["viewed-image", id],
    enabled: known,
    staleTime: 0,
    gcTime: 0,
    retry: worthRetrying,
    queryFn: async ({ signal }) => {
      try {
        library.takeImage(await library.client.getImage({ imageId: id }, { signal }));
      } catch (problem) {
        if (explain(problem).kind === "not-found") library.takeGone([id]);
        throw problem;
      }
      return id;
    },
  });
  if (image) return { state: "there", image };
  if (!known || store.isGone(id) || (isError && explain(error).kind === "not-found")) return { state: "gone" };
  if (isError) return { state: "failed", error, retry: () => void refetch() };
  return { state: "loading" };
}
