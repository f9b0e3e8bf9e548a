/** What can be done to many images at once; what was done can be undone from the toast that tells of it. */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";

import type { Image } from "@/gen/argus/storage/v1/image_pb.js";
import { MAP_KEY, SEARCH_KEY } from "@/lib/cache-keys";
import { explain } from "@/lib/errors";
import { countOf } from "@/lib/numbers";
import { without, withAll } from "@/lib/selection";
import { toast } from "@/ui/toast";
import { useSelection } from "@/ui/use-selection";

import { batches, type LabelChange } from "../images/library";
import { useLibrary } from "../images/use-library";
import { download } from "./download";

/** What other pages keep of images: results of searches, and the map. */
const ELSEWHERE = [[SEARCH_KEY], [MAP_KEY]] as const;

export interface Deeds {
  remove: (ids: readonly string[]) => Promise<boolean>;
  label: (ids: readonly string[], change: LabelChange) => Promise<boolean>;
  download: (ids: readonly string[]) => Promise<boolean>;
  /** Other pages ask anew for what they show of images. */
  afterChange: () => void;
  /** Does something; a failure is told in a toast. True if it was done. */
  attempt: (work: () => Promise<void>) => Promise<boolean>;
}

export function useDeeds(): Deeds {
  const library = useLibrary();
  const queries = useQueryClient();
  const selection = useSelection("library");

  const attempt = useCallback(async (work: () => Promise<void>): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      toast(explain(error).message, { tone: "error" });
      return false;
    }
  }, []);
  const afterChange = useCallback((): void => {
    for (const queryKey of ELSEWHERE) void queries.invalidateQueries({ queryKey });
  }, [queries]);

  return {
    attempt,
    afterChange,
    download: (ids) => attempt(async () => {
        // Asked anew: links grow old.
        const images: Image[] = [];
        for (const imageIds of batches(ids)) images.push(...(await library.client.batchGetImages({ imageIds })).images);
        await download(images);
      }),
    remove: (ids) =>
      attempt(async () => {
        selection.change((now) => without(now, ids));
        try {
          await library.delete(ids);
        } catch (error) {
          selection.change((now) => withAll(now, ids));
          throw error;
        } finally {
          afterChange();
        }
        const undo = (): void =>
          void attempt(async () => {
            await library.undelete(ids);
            selection.change((now) => (ids.length > 1 ? withAll(now, ids) : now));
            afterChange();
          });
        toast(`${countOf(ids.length, "image")} deleted`, { action: { label: "Undo", run: undo } });
      }),
    label: (ids, change) =>
      attempt(async () => {
        const back = await library.label(ids, change);
        afterChange();
        const undo = (): void =>
          void attempt(async () => {
            await back();
            afterChange();
          });
        toast(`Labels of ${countOf(ids.length, "image")} changed`, { action: { label: "Undo", run: undo } });
      }),
  };
}
