/** Ways between pages that no feature owns. */

/** Where to sign in, and then go on. */
export function signInPath(from: { pathname: string; search: string }): string {
  const next = from.pathname + from.search;
  return next === "/" || next === "/library" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(next)}`;
}

/** What `next` asks for, if it is a page of ours. */
export function nextPath(search: URLSearchParams): string {
  const next = search.get("next") ?? "";
  // `//host` and `/\host` would leave.
  return /^\/(?![/\\])/.test(next) && !next.startsWith("/sign-in") ? next : "/library";
}
