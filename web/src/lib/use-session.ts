/** Who is signed in, for components. */
import { useSyncExternalStore } from "react";

import type { Account, SessionState } from "./session";
import { session } from "./current-session";

export function useSessionState(): SessionState {
  return useSyncExternalStore(session.subscribe, session.getState);
}

/** The account on pages behind the sign-in. */
export function useAccount(): Account {
  const state = useSessionState();
  // For the moment between a sign-out elsewhere and the way to the sign-in page.
  return state.status === "signed-in" ? state.account : { userId: "", email: "", displayName: "", createTime: "" };
}
