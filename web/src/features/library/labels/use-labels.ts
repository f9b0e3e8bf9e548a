/** The labels that a person's images have. */
import { useQuery } from "@connectrpc/connect-query";
import { useEffect } from "react";

import { ImageService, type LabelKey } from "@/gen/argus/storage/v1/image_pb.js";

import { useLibrary } from "../images/use-library";

const NONE: readonly LabelKey[] = [];
const SOON_MS = 1000;

/** Keys in alphabetical order with their most frequent values. Empty until they are known. */
export function useLabels(): readonly LabelKey[] {
  const library = useLibrary();
  const { data, refetch } = useQuery(ImageService.method.listLabels, { maxValues: 100 });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const unsubscribe = library.onLabels(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void refetch();
      }, SOON_MS);
    });
    return () => {
      clearTimeout(timer);
      unsubscribe();
    };
  }, [library, refetch]);
  return data?.keys ?? NONE;
}
