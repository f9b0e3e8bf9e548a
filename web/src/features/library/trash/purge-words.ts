/** Until when a deleted image can be brought back, in words; pure. */
import { formatDate } from "@/lib/time";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

/** `gone in 5 hours`; rounded down, so that nobody relies on time that is not there. */
export function purgeWords(purge: Date, now: Date, locale?: string): string {
  const left = purge.getTime() - now.getTime();
  if (left < MINUTE) return "gone any moment";
  if (left >= WEEK) return `kept until ${formatDate(purge, locale === undefined ? {} : { locale })}`;
  const [unit, size] = left >= 2 * DAY ? (["day", DAY] as const) : left >= HOUR ? (["hour", HOUR] as const) : (["minute", MINUTE] as const);
  return `gone ${new Intl.RelativeTimeFormat(locale).format(Math.floor(left / size), unit)}`;
}
