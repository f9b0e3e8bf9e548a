/** The map of the collection; asked again while it is being made, and sent again only if it changed. */
import { createClient } from "@connectrpc/connect";
import { useTransport } from "@connectrpc/connect-query";
import { useQuery, useQueryClient } from "@tanstack/react-query";

import { GetMapResponse_State as State, SearchService } from "@/gen/argus/search/v1/search_pb.js";
import { MAP_KEY } from "@/lib/cache-keys";
import { toDate } from "@/lib/time";

import { type MapPoints, unpackPoints } from "./points";

export interface ImageMap {
  state: State;
  version: string;
  points: MapPoints;
  built: Date | undefined;
  model: string;
}

const KEY = [MAP_KEY];
const WHILE_MAKING_MS = 2000;
const OTHERWISE_MS = 30_000;

export function useMap() {
  const transport = useTransport();
  const client = useQueryClient();
  return useQuery({
    queryKey: KEY,
    queryFn: async ({ signal }): Promise<ImageMap> => {
      const known = client.getQueryData<ImageMap>(KEY);
      const answer = await createClient(SearchService, transport).getMap({ ifVersion: known?.version ?? "" }, { signal });
      return {
        state: answer.state,
        version: answer.version,
        points: answer.unchanged && known ? known.points : unpackPoints(answer.imageIds, answer.points),
        built: toDate(answer.builtTime),
        model: answer.model,
      };
    },
    // Typed arrays of 100,000 points are not worth comparing.
    structuralSharing: false,
    refetchInterval: ({ state }) => (state.data && state.data.state !== State.READY ? WHILE_MAKING_MS : OTHERWISE_MS),
  });
}
