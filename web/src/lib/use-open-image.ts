/** Opens an image large, from whatever list it stands in. */
import { useCallback } from "react";
import { useNavigate } from "react-router";

export interface OpenImage {
  /** The list that previous and next walk, in its order. */
  ids: readonly string[];
  /** The one to begin with. */
  start: string;
}

export function useOpenImage(): (request: OpenImage) => void {
  const navigate = useNavigate();
  return useCallback(({ ids, start }) => void navigate(`/library/${start}`, { state: { ids } }), [navigate]);
}
