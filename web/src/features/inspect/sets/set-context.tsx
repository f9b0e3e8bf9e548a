/** The set that a page is about, and what its viewer may do with it. */
import { createContext, type ReactNode, use } from "react";

import type { Job, ReferenceSet } from "@/gen/argus/inspection/v1/inspection_pb.js";

export interface SetPageState {
  set: ReferenceSet;
  /** Only the owner may change a set. */
  owned: boolean;
  /** The jobs that are known, newest first. */
  jobs: readonly Job[];
}

const Context = createContext<SetPageState | null>(null);

export function SetProvider({ value, children }: { value: SetPageState; children: ReactNode }) {
  return <Context value={value}>{children}</Context>;
}

export function useSet(): SetPageState {
  const state = use(Context);
  if (!state) throw new Error("outside of a set's page");
  return state;
}

/** Why buttons that change a set are missing for others. */
export const NOT_YOURS = "Only the owner of this set may change it.";
