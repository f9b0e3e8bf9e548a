/** What an API key may allow, in words. */
import { ApiKey_Scope } from "@/gen/argus/auth/v1/auth_pb.js";

export const SCOPES = [
  { scope: ApiKey_Scope.READ, name: "Read", means: "see images, search, see sets and results" },
  { scope: ApiKey_Scope.WRITE, name: "Write", means: "upload, change and delete images, change sets, give feedback" },
  { scope: ApiKey_Scope.INSPECT, name: "Inspect", means: "inspect images" },
  { scope: ApiKey_Scope.EMBED, name: "Embed", means: "turn images and texts into vectors" },
] as const;

export function scopeName(scope: ApiKey_Scope): string {
  return SCOPES.find((one) => one.scope === scope)?.name.toLowerCase() ?? "something newer";
}
