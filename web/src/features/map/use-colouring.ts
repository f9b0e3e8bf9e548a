/**
 * What the map is coloured by. Which images have a value is asked of the map itself, with a filter: that
 * takes 24 bytes an image, and no records.
 */
import { createClient } from "@connectrpc/connect";
import { useQuery as useRpc, useTransport } from "@connectrpc/connect-query";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { InstallationService } from "@/gen/argus/installation/v1/installation_pb.js";
import { SearchService } from "@/gen/argus/search/v1/search_pb.js";
import { ImageService } from "@/gen/argus/storage/v1/image_pb.js";

import { categoriesOf, type Category, type Choice, choiceFor } from "./categories";
import type { MapPoints } from "./points";

/** `label:<key>`, or `type` for the media type; undefined for no colours. */
export type ColourBy = string | undefined;

export interface Colouring {
  /** Of each point; 0 is none. Undefined without colours, or while they come. */
  categories: Uint8Array | undefined;
  /** What the numbers stand for, in their order; the first is those without a value. */
  legend: readonly Category[];
  pending: boolean;
  error: unknown;
}

export function useColouring(points: MapPoints, by: ColourBy, version: string): Colouring {
  const transport = useTransport();
  const key = by?.startsWith("label:") ? by.slice("label:".length) : undefined;
  const labels = useRpc(ImageService.method.listLabels, { key: key ?? "", maxValues: 50 }, { enabled: key !== undefined });
  const installation = useRpc(InstallationService.method.getInstallation, {}, { enabled: by === "type", staleTime: 300_000 });
  const choice: Choice | undefined = choiceFor(by, labels.data?.keys[0], installation.data?.limits?.images?.contentTypes);
  const asked = JSON.stringify(choice ?? null);
  const members = useQuery({
    queryKey: ["map-colours", asked, version],
    queryFn: async ({ signal }) => {
      const search = createClient(SearchService, transport);
      const ids = await Promise.all((choice ?? []).map(async ({ filter }) => (await search.getMap({ filter }, { signal })).imageIds));
      return { asked, ids };
    },
    enabled: choice !== undefined,
    structuralSharing: false,
    // While the map is brought up to date the colours stay.
    placeholderData: keepPreviousData,
    staleTime: Infinity,
  });
  const found = members.data?.asked === asked ? members.data.ids : undefined;
  const coloured = useMemo(
    () => (choice && found ? categoriesOf(points, choice, found) : undefined),
    // A choice is made anew at each render; `asked` is what it says.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [points, asked, found],
  );
  const source = key === undefined ? installation : labels;
  return {
    categories: coloured?.categories,
    legend: coloured?.legend ?? [],
    pending: by !== undefined && coloured === undefined && !source.isError && !members.isError,
    error: by === undefined ? null : (source.error ?? members.error),
  };
}
