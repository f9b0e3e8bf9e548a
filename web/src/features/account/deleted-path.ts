/** Where it is told what became of a deleted account, to whoever has its id. */
export const DELETED_PATH = "/account-deleted";

export function deletedPath(deletionId: string): string {
  return `${DELETED_PATH}?id=${encodeURIComponent(deletionId)}`;
}
