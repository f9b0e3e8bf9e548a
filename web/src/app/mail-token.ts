/** The token that a mail's link has behind its `#`, where no server sees it; empty if there is none. */
export function tokenOf(hash: string): string {
  return new URLSearchParams(hash.replace(/^#/, "")).get("token") ?? "";
}
