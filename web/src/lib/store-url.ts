/**
 * Presigned URLs name the object store as the server sees it. The page asks its own origin instead,
 * which hands `/images/…` on to the store under the host that was signed.
 */

/** The path and query of a presigned URL; undefined if there is none (`""` in the contract). */
export function storePath(presigned: string | undefined): string | undefined {
  if (!presigned) return undefined;
  try {
    const { pathname, search } = new URL(presigned);
    return pathname + search;
  } catch {
    return undefined;
  }
}
