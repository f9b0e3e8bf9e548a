import { describe, expect, it } from "vitest";

import { keyProblem, tidyKey } from "./label-rules";

describe("a label's key", () => {
  it("is what was probably meant", () => {
    expect(tidyKey("  Camera  Side ")).toBe("camera-side");
    expect(keyProblem(tidyKey("Line 3"))).toBeUndefined();
  });

  it.each([
    ["", "Name the label."],
    ["3d", "Begin with a letter from a to z."],
    ["größe", "Use letters from a to z, digits, and - _ . only."],
    ["a:b", "Use letters from a to z, digits, and - _ . only."],
  ])("has a reason not to be: %j", (key, problem) => {
    expect(keyProblem(key)).toBe(problem);
  });

  it("has at most 63 characters", () => {
    expect(keyProblem("a".repeat(63))).toBeUndefined();
    expect(keyProblem("a".repeat(64))).toBeDefined();
  });
});
