import { expect, it } from "vitest";

import { purgeWords } from "./purge-words";

const NOW = new Date("2026-03-12T12:00:00Z");
const inMinutes = (minutes: number): string => purgeWords(new Date(NOW.getTime() + minutes * 60_000), NOW, "en");

it("says how long an image can still be brought back, rather less than more", () => {
  expect(inMinutes(-5)).toBe("gone any moment");
  expect(inMinutes(59.9)).toBe("gone in 59 minutes");
  expect(inMinutes(60)).toBe("gone in 1 hour");
  expect(inMinutes(23 * 60 + 59)).toBe("gone in 23 hours");
  expect(inMinutes(47 * 60)).toBe("gone in 47 hours");
  expect(inMinutes(72 * 60 - 1)).toBe("gone in 2 days");
  expect(inMinutes(30 * 24 * 60)).toBe("kept until Apr 11, 2026");
});
