/** Adding images to a set and taking them out, in as many calls as it takes, with a way back. */
import type { Transport } from "@connectrpc/connect";
import { callUnaryMethod, useTransport } from "@connectrpc/connect-query";
import { useMutation } from "@tanstack/react-query";

import { InspectionService, type ReferenceSet } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { countOf } from "@/lib/numbers";
import { toast } from "@/ui/toast";

import { useSetCache } from "../cache";

/** Most images of a call. */
const BATCH = 500;

export function batches<T>(all: readonly T[], size = BATCH): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) => all.slice(index * size, (index + 1) * size));
}

export interface Change {
  how: "add" | "remove";
  ids: readonly string[];
}

interface Which {
  referenceSetId: string;
  imageIds: string[];
}

const CALLS: Record<Change["how"], (transport: Transport, which: Which) => Promise<ReferenceSet>> = {
  add: (transport, which) => callUnaryMethod(transport, InspectionService.method.addReferenceImages, which),
  remove: (transport, which) => callUnaryMethod(transport, InspectionService.method.removeReferenceImages, which),
};

export interface ChangeImages {
  /**
   * Adds images; those that are in the set already stay.
   *
   * @param known images that are known to be in it
   */
  add: (ids: readonly string[], known: ReadonlySet<string>) => Promise<void>;
  /**
   * Takes images out.
   *
   * @param hide takes them out of what is shown at once; what it gives brings them back
   */
  remove: (ids: readonly string[], hide: (gone: ReadonlySet<string>) => Promise<() => void>) => Promise<void>;
  pending: boolean;
  error: unknown;
}

export function useChangeImages(set: ReferenceSet): ChangeImages {
  const transport = useTransport();
  const cache = useSetCache();
  const { referenceSetId } = set;
  const key = `images ${referenceSetId}`;

  const change = useMutation({
    mutationFn: async ({ how, ids }: Change): Promise<ReferenceSet> => {
      let answer = set;
      for (const imageIds of batches(ids)) {
        answer = await CALLS[how](transport, { referenceSetId, imageIds });
      }
      return answer;
    },
    onSuccess: (answer) => cache.put(answer),
    onSettled: () => cache.imagesChanged(),
  });
  const undo = (how: Change["how"], ids: readonly string[]) => ({
    label: "Undo",
    run: () =>
      change.mutate(
        { how, ids },
        { onSuccess: () => toast(how === "add" ? `${countOf(ids.length, "image is", "images are")} back` : "Not added", { key }) },
      ),
  });

  return {
    pending: change.isPending,
    error: change.error,
    add: async (ids, known) => {
      const before = set.imageCount;
      const answer = await change.mutateAsync({ how: "add", ids });
      const count = Math.max(0, answer.imageCount - before);
      const fresh = ids.filter((id) => !known.has(id));
      const already = ids.length - count;
      toast(
        `${countOf(count, "image")} added` +
          (already > 0 ? `; ${countOf(already, "other was", "others were")} in the set already` : "; calibrate for them to count"),
        // Only if it is certain which ones were new.
        { key, tone: "success", ...(count > 0 && fresh.length === count && { action: undo("remove", fresh) }) },
      );
    },
    remove: async (ids, hide) => {
      const putBack = await hide(new Set(ids));
      try {
        await change.mutateAsync({ how: "remove", ids });
        toast(`${countOf(ids.length, "image")} removed from the set`, { key, action: undo("add", ids) });
      } catch {
        // The failure has shown itself.
        putBack();
      }
    },
  };
}
