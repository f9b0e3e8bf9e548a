/** Makes a version with another threshold and takes it into use; the former one is one press away. */
import { useMutation } from "@connectrpc/connect-query";
import { useNavigate } from "react-router";

import { InspectionService, type ReferenceSet } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { requestId } from "argus-client/request-id";
import { toast } from "@/ui/toast";

import { useSetCache } from "../cache";
import { setPath } from "../paths";
import { formatThreshold } from "../threshold-words";
import { useUseVersion } from "../versions/use-use-version";
import type { Candidate } from "./candidate";

export function useSetThreshold(set: ReferenceSet) {
  const cache = useSetCache();
  const navigate = useNavigate();
  const { back } = useUseVersion(set);
  const { referenceSetId, currentVersion } = set;
  const change = useMutation(InspectionService.method.setThreshold, {
    onSuccess: (made) => {
      cache.versionsChanged();
      toast(`Version ${made.version} is in use, with a threshold of ${formatThreshold(made.threshold?.value ?? 0)}`, {
        key: `use ${referenceSetId}`,
        tone: "success",
        ...(currentVersion > 0 && { action: { label: "Undo", run: () => back(currentVersion) } }),
      });
      // What another version's address asked for is done.
      void navigate(setPath(referenceSetId, "threshold"), { replace: true });
    },
  });
  return {
    isPending: change.isPending,
    set: (candidate: Candidate, version: number): void =>
      change.mutate({
        referenceSetId,
        version,
        requestId: requestId(),
        threshold:
          candidate.by === "rate"
            ? { case: "targetFalseAlarmRate", value: candidate.rate }
            : { case: "value", value: candidate.value },
      }),
  };
}
