/** How this account may be signed in to. */
import { useQuery } from "@connectrpc/connect-query";

import { type Identity, SignInService } from "@/gen/argus/auth/v1/sign_in_pb.js";

interface WaysIn {
  identities: readonly Identity[];
  /** True until the opposite is known: most accounts have one. */
  hasPassword: boolean;
  /** Whether it is known. */
  known: boolean;
}

const NONE: readonly Identity[] = [];

export function useWaysIn(): WaysIn {
  const { data } = useQuery(SignInService.method.listIdentities);
  return { identities: data?.identities ?? NONE, hasPassword: data?.hasPassword ?? true, known: data !== undefined };
}
