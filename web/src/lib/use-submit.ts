/** A form's one call, for pages that come before everything that queries need. */
import { useState } from "react";

export interface Submit {
  run: (work: () => Promise<void>) => void;
  pending: boolean;
  /** What the last one failed with; undefined if it did not. */
  error: unknown;
}

export function useSubmit(): Submit {
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<unknown>();
  return {
    pending,
    error,
    run: (work) => {
      setPending(true);
      setError(undefined);
      work()
        .catch(setError)
        .finally(() => setPending(false));
    },
  };
}
