/** Asks how the parts are every three seconds, as long as somebody can see it. */
import { useQuery } from "@connectrpc/connect-query";
import { useEffect, useState } from "react";

import { InstallationService } from "@/gen/argus/installation/v1/installation_pb.js";

import { type Sample, sampleOf, withSample } from "./history";

const EVERY_MS = 3000;
const NONE: readonly Sample[] = [];

export function useStatus() {
  const query = useQuery(
    InstallationService.method.getStatus,
    {},
    // A hidden page does not ask; it asks at once when it is seen again. The next try comes soon anyway.
    { refetchInterval: EVERY_MS, refetchIntervalInBackground: false, refetchOnWindowFocus: "always", staleTime: 0, retry: false },
  );
  const [samples, setSamples] = useState(NONE);
  const { data } = query;
  useEffect(() => {
    if (data) setSamples((before) => withSample(before, sampleOf(data)));
  }, [data]);
  return { query, samples };
}
