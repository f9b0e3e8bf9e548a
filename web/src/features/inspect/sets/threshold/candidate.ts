/** Which threshold is looked at: a score, or what a rate comes to. Pure. */

export type Candidate = { by: "score"; value: number } | { by: "rate"; rate: number };

/** The score where the slider stands; a rate's score is known once the server has answered. */
export function scoreOf(candidate: Candidate | undefined, present: number, ofRate: number | undefined): number {
  if (!candidate) return present;
  return candidate.by === "score" ? candidate.value : (ofRate ?? present);
}

/** A score as typed, with a point or a comma; undefined if it is none. */
export function scoreTyped(text: string): number | undefined {
  const trimmed = text.trim().replace(",", ".");
  const value = Number(trimmed);
  return trimmed !== "" && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** What a key moves the slider by: a round step, at least 200 of them from end to end. */
export function stepOf(low: number, high: number): number {
  const most = (high - low) / 200;
  if (!(most > 0)) return 0.001;
  const power = 10 ** Math.floor(Math.log10(most));
  return [5, 2, 1].map((times) => times * power).find((step) => step <= most) ?? power;
}
