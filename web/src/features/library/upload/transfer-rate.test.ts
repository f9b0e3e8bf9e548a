import { expect, it } from "vitest";

import { TransferRate } from "./transfer-rate";

function clocked() {
  let now = 0;
  const rate = new TransferRate(() => now);
  const at = (ms: number, bytes: number): void => {
    now = ms;
    rate.add(bytes);
  };
  return { rate, at };
}

it("is unknown at first, and what went over the last seconds then", () => {
  const { rate, at } = clocked();
  expect(rate.bytesPerSecond).toBe(0);
  at(0, 0);
  at(400, 100);
  expect(rate.bytesPerSecond).toBe(0);
  at(2000, 900);
  expect(rate.bytesPerSecond).toBe(500);
  // What is long ago does not count any more.
  at(20_000, 0);
  expect(rate.bytesPerSecond).toBe(0);
});

it("is never below nothing, though bytes may have to go again", () => {
  const { rate, at } = clocked();
  at(0, 1000);
  at(1000, -1000);
  expect(rate.bytesPerSecond).toBe(0);
});

it("begins anew", () => {
  const { rate, at } = clocked();
  at(0, 0);
  at(1000, 1000);
  rate.reset();
  expect(rate.bytesPerSecond).toBe(0);
});
