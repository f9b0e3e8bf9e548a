/** What the pages behind the sign-in stand on; made anew for each person. */
import { TransportProvider } from "@connectrpc/connect-query";
import { QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";

import { getConnectivity, subscribeConnectivity } from "@/lib/connectivity";
import { transport } from "@/lib/transport";
import { clearToasts } from "@/ui/toast";
import { forgetSelections } from "@/ui/use-selection";

import { makeQueryClient } from "./query-client";

export function Providers({ children }: { children: ReactNode }) {
  const [client] = useState(makeQueryClient);

  // Nothing of one person is shown to the next.
  useEffect(
    () => () => {
      client.clear();
      clearToasts();
      forgetSelections();
    },
    [client],
  );

  // What failed while the server was away is asked for again.
  useEffect(() => {
    let was = getConnectivity();
    return subscribeConnectivity(() => {
      const now = getConnectivity();
      if (now === "online" && was !== "online") {
        void client.refetchQueries({ type: "active", predicate: (query) => query.state.status === "error" });
      }
      was = now;
    });
  }, [client]);

  return (
    <TransportProvider transport={transport}>
      <QueryClientProvider client={client}>{children}</QueryClientProvider>
    </TransportProvider>
  );
}
