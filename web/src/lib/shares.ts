/** Shares with their 95 % intervals, counted and in words. A share of nothing is no share: `—`. */
import { formatPercent } from "./numbers";

/** As the contract's Proportion. */
export interface Share {
  value: number;
  low: number;
  high: number;
}

/** The normal distribution's 97.5 % quantile. */
const Z = 1.959963984540054;

/** A share of so many with its 95 % interval (Wilson 1927); undefined of nothing. */
export function shareOf(count: number, total: number): Share | undefined {
  if (total <= 0) return undefined;
  const value = count / total;
  const spread = (Z * Z) / total;
  const middle = (value + spread / 2) / (1 + spread);
  const half = (Z / (1 + spread)) * Math.sqrt((value * (1 - value)) / total + spread / (4 * total));
  return {
    value,
    low: count === 0 ? 0 : Math.max(0, middle - half),
    high: count === total ? 1 : Math.min(1, middle + half),
  };
}

/** `—`, for what cannot be told. */
export const UNKNOWN = "—";

/** `12 %`, with more digits where a share is small: `0.3 %`. */
export function formatShare(share: number, locale?: string): string {
  const percent = Math.abs(share) * 100;
  return formatPercent(share, percent === 0 || percent >= 10 ? 0 : percent >= 1 ? 1 : 2, locale);
}

/** `0.3 to 2.8 %`: an interval. */
export function formatInterval({ low, high }: Pick<Share, "low" | "high">, locale?: string): string {
  const first = formatShare(low, locale);
  const last = formatShare(high, locale);
  if (first === last) return first;
  // The unit once, if it comes last.
  const bare = first.replace(/[\s\u00a0\u202f]*%$/, "");
  return `${bare} to ${last}`;
}

/** `95 %: 0.3 to 2.8 %`: an interval with its confidence, for beside a share. */
export function formatConfidence(share: Pick<Share, "low" | "high">, locale?: string): string {
  return `${formatPercent(0.95, 0, locale)}: ${formatInterval(share, locale)}`;
}

/** `1 % (95 %: 0.3 to 2.8 %)`; `—` of nothing. */
export function formatEstimate(share: Share | undefined, locale?: string): string {
  return share ? `${formatShare(share.value, locale)} (${formatConfidence(share, locale)})` : UNKNOWN;
}

/** `2 in 1,000`, `1 in 20`: a rate that one can picture. */
export function formatOneIn(share: number, locale?: string): string {
  const many = new Intl.NumberFormat(locale);
  if (share <= 0) return "none";
  if (share >= 0.095) return `${many.format(Math.round(share * 100))} in 100`;
  if (share >= 0.0095) return `${many.format(Math.round(share * 1000) / 10)} in 100`;
  return `${many.format(Math.max(0.1, Math.round(share * 10_000) / 10))} in 1,000`;
}
