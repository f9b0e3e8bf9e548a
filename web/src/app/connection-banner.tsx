/** Says that the server cannot be reached, as long as that is so. */
import { useSyncExternalStore } from "react";

import { getConnectivity, subscribeConnectivity } from "@/lib/connectivity";
import { WarningIcon } from "@/ui/icons";

const WORDS = {
  offline: "You are offline. What you see may be old; Argus goes on when the network is back.",
  unreachable: "Argus does not answer. Trying again…",
};

export function ConnectionBanner() {
  const state = useSyncExternalStore(subscribeConnectivity, getConnectivity);
  return (
    <div role="status" aria-live="polite">
      {state !== "online" && (
        <p className="flex items-center justify-center gap-2 bg-warning-soft px-4 py-2 text-sm font-medium text-warning">
          <WarningIcon width={16} height={16} className="shrink-0" />
          {WORDS[state]}
        </p>
      )}
    </div>
  );
}
