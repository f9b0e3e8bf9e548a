/** What services removed of an account, in one list. */
import type { AccountDeletion } from "@/gen/argus/auth/v1/auth_pb.js";

export interface Removal {
  readonly what: string;
  readonly count: bigint;
}

/** What is of no interest to the person. */
const INNER = new Set(["accounts", "counts", "artifacts"]);

export function removalsOf(deletion: AccountDeletion): Removal[] {
  const sums = new Map<string, bigint>();
  for (const report of deletion.reports) {
    for (const [what, count] of Object.entries(report.removed)) {
      if (!INNER.has(what)) sums.set(what, (sums.get(what) ?? 0n) + count);
    }
  }
  return [...sums]
    .filter(([, count]) => count > 0n)
    .map(([what, count]) => ({ what: what.replaceAll("_", " "), count }))
    .sort((one, other) => one.what.localeCompare(other.what));
}
