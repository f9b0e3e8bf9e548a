/** The page's state in its URL. */
import { useCallback } from "react";
import { useSearchParams } from "react-router";

export interface Params {
  get: (name: string) => string;
  /** Undefined or empty takes one out. With `push` one can go back to what was. */
  change: (changes: Readonly<Record<string, string | undefined>>, push?: boolean) => void;
}

export function useParams(): Params {
  const [search, setSearch] = useSearchParams();
  const get = useCallback((name: string) => search.get(name) ?? "", [search]);
  const change = useCallback<Params["change"]>(
    (changes, push = false) =>
      setSearch(
        (now) => {
          const next = new URLSearchParams(now);
          for (const [name, value] of Object.entries(changes)) {
            if (value) next.set(name, value);
            else next.delete(name);
          }
          return next;
        },
        { replace: !push },
      ),
    [setSearch],
  );
  return { get, change };
}
