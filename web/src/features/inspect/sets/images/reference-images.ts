/** A set's images, page by page, in order, with what is needed to show them. */
import { create } from "@bufbuild/protobuf";
import { createConnectQueryKey, useInfiniteQuery, useTransport } from "@connectrpc/connect-query";
import { type InfiniteData, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";

import {
  InspectionService,
  type ListReferenceImagesResponse,
  ListReferenceImagesResponseSchema,
} from "@/gen/argus/inspection/v1/inspection_pb.js";
import type { ImagePreview } from "@/gen/argus/storage/v1/image_pb.js";

const PAGE = 200;
type Pages = InfiniteData<ListReferenceImagesResponse>;

export function useReferenceImages(referenceSetId: string) {
  const client = useQueryClient();
  const transport = useTransport();
  const input = useMemo(() => ({ referenceSetId, pageSize: PAGE, pageToken: "" }), [referenceSetId]);
  const query = useInfiniteQuery(InspectionService.method.listReferenceImages, input, {
    pageParamKey: "pageToken",
    getNextPageParam: (last) => last.nextPageToken || undefined,
  });
  const { ids, previews } = useMemo(() => gathered(query.data?.pages ?? []), [query.data]);

  /** Takes images out of what is shown, before the server has; the function puts everything back. */
  const hide = useCallback(
    async (gone: ReadonlySet<string>): Promise<() => void> => {
      const key = createConnectQueryKey({
        schema: InspectionService.method.listReferenceImages,
        transport,
        input,
        pageParamKey: "pageToken",
        cardinality: "infinite",
      });
      await client.cancelQueries({ queryKey: key });
      const was = client.getQueryData(key);
      client.setQueryData(key, (now: Pages | undefined) => now && { ...now, pages: now.pages.map((page) => pageWithout(page, gone)) });
      return () => void client.setQueryData(key, was);
    },
    [client, transport, input],
  );
  return { query, ids, previews, hide };
}

export function gathered(pages: readonly Pick<ListReferenceImagesResponse, "imageIds" | "previews">[]): {
  ids: string[];
  previews: ReadonlyMap<string, ImagePreview>;
} {
  return {
    ids: pages.flatMap((page) => page.imageIds),
    previews: new Map(pages.flatMap((page) => page.previews).map((preview) => [preview.imageId, preview])),
  };
}

export function pageWithout(page: ListReferenceImagesResponse, gone: ReadonlySet<string>): ListReferenceImagesResponse {
  return create(ListReferenceImagesResponseSchema, {
    imageIds: page.imageIds.filter((id) => !gone.has(id)),
    previews: page.previews.filter((preview) => !gone.has(preview.imageId)),
    nextPageToken: page.nextPageToken,
  });
}
