/** How answers are kept and failures handled, for all pages. */
import { MutationCache, QueryClient } from "@tanstack/react-query";

import { explain, explainBriefly, worthRetrying } from "@/lib/errors";
import { toast } from "@/ui/toast";

declare module "@tanstack/react-query" {
  interface Register {
    mutationMeta: {
      /** The page shows the failure itself; otherwise a toast does. */
      handled?: boolean;
    };
  }
}

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    mutationCache: new MutationCache({
      onError: (error, _variables, _context, mutation) => {
        const { kind } = explain(error);
        if (mutation.meta?.handled || kind === "cancelled" || kind === "expired") return;
        toast(explainBriefly(error), { tone: "error" });
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        retry: worthRetrying,
        retryDelay: (failures, error) => Math.max(explain(error).retryAfterMs, 500 * 2 ** failures),
      },
      // A change that cannot be sent fails at once and says so; it does not wait unseen.
      mutations: { networkMode: "always" },
    },
  });
}
