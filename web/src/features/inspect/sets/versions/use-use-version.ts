/** Takes a version into use; the former one is one press away. */
import { useMutation } from "@connectrpc/connect-query";

import { InspectionService, type ReferenceSet } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { toast } from "@/ui/toast";

import { useSetCache } from "../cache";

export function useUseVersion({ referenceSetId, currentVersion }: ReferenceSet) {
  const cache = useSetCache();
  const use = useMutation(InspectionService.method.useVersion, {
    onSuccess: (set) => {
      cache.put(set);
      cache.versionsChanged();
    },
  });
  const key = `use ${referenceSetId}`;
  const back = (version: number): void =>
    use.mutate({ referenceSetId, version }, { onSuccess: () => toast(`Version ${version} is in use again`, { key }) });
  return {
    isPending: use.isPending,
    /** Goes back to a version, for an undo. */
    back,
    to: (version: number): void =>
      use.mutate(
        { referenceSetId, version },
        {
          onSuccess: () =>
            toast(`Version ${version} is in use`, {
              key,
              tone: "success",
              ...(currentVersion > 0 && { action: { label: "Undo", run: () => back(currentVersion) } }),
            }),
        },
      ),
  };
}
