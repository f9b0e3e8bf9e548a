/** A set's versions, newest first, and the one in use. */
import { useQuery } from "@connectrpc/connect-query";

import { InspectionService, type ReferenceSet } from "@/gen/argus/inspection/v1/inspection_pb.js";

/** The most that one call gives; a set rarely has more. */
export const VERSIONS_PAGE = 100;

export function useVersions(set: Pick<ReferenceSet, "referenceSetId" | "currentVersion">) {
  const query = useQuery(
    InspectionService.method.listVersions,
    { referenceSetId: set.referenceSetId, pageSize: VERSIONS_PAGE },
    { enabled: set.currentVersion > 0 },
  );
  return { query, current: query.data?.versions.find((each) => each.version === set.currentVersion) };
}
