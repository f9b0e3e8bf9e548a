import { describe, expect, it } from "vitest";

import { formatMoment, secondsOf } from "./moments";

describe("a moment of a video", () => {
  it.each([
    [0, "0:00"],
    [12.9, "0:12"],
    [61, "1:01"],
    [3723.5, "1:02:03"],
    [-1, "0:00"],
  ])("%s seconds are %s", (seconds, text) => expect(formatMoment(seconds)).toBe(text));

  it("is read from the contract's duration", () => {
    expect(secondsOf({ $typeName: "google.protobuf.Duration", seconds: 12n, nanos: 300_000_000 })).toBeCloseTo(12.3);
    expect(secondsOf(undefined)).toBe(0);
  });
});
