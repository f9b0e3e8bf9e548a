/** The last searches by words, kept in this browser for each account. */

const MOST = 8;

const keyOf = (userId: string): string => `argus.searches.${userId}`;

/** The latest first. */
export function recentSearches(userId: string): string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(keyOf(userId)) ?? "[]");
    return Array.isArray(stored) ? stored.filter((each) => typeof each === "string").slice(0, MOST) : [];
  } catch {
    return [];
  }
}

/** Puts a search first; the same words in another case are the same search. */
export function rememberSearch(userId: string, text: string): void {
  const same = text.toLocaleLowerCase();
  const others = recentSearches(userId).filter((each) => each.toLocaleLowerCase() !== same);
  try {
    localStorage.setItem(keyOf(userId), JSON.stringify([text, ...others].slice(0, MOST)));
  } catch {
    // A browser that keeps nothing does without.
  }
}

export function forgetSearches(userId: string): void {
  localStorage.removeItem(keyOf(userId));
}
