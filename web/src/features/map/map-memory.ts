/** What was looked at on the map, by history entry: coming back shows the same. */
import { useEffect, useState } from "react";
import { useLocation } from "react-router";

import type { Region } from "./region";
import type { View } from "./view";

export interface Looked {
  view: View | null;
  region: Region | null;
}

const PREFIX = "argus.map.";

/** What this entry had when it was left; and keeps what it has. */
export function useMapMemory(): readonly [Looked, (looked: Looked) => void] {
  const { key } = useLocation();
  const [latest] = useState<{ looked: Looked }>(() => ({ looked: read(key) }));
  const [first] = useState(latest.looked);
  useEffect(() => {
    const save = (): void => sessionStorage.setItem(PREFIX + key, JSON.stringify(latest.looked));
    addEventListener("pagehide", save);
    return () => {
      save();
      removeEventListener("pagehide", save);
    };
  }, [key, latest]);
  const [keep] = useState(() => (looked: Looked) => {
    latest.looked = looked;
  });
  return [first, keep];
}

function read(key: string): Looked {
  try {
    const stored = JSON.parse(sessionStorage.getItem(PREFIX + key) ?? "null") as Looked | null;
    return { view: stored?.view ?? null, region: stored?.region ?? null };
  } catch {
    return { view: null, region: null };
  }
}
