import { expect, it } from "vitest";

import { leftWords } from "./queue-count";

it("counts down, and never below what is at hand", () => {
  expect(leftWords({ count: 30, more: false }, 12, 5)).toBe("18 left");
  expect(leftWords({ count: 3, more: false }, 3, 2)).toBe("2 left");
  expect(leftWords({ count: 100, more: true }, 10, 5)).toBe("more than 90 left");
  expect(leftWords(undefined, 0, 4)).toBe("4 at hand");
});
