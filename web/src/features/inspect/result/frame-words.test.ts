import { describe, expect, it } from "vitest";

import { FrameProblem_Reason as Reason } from "@/gen/argus/inspection/v1/inspection_pb.js";

import { limitWords, problemName, problemSentence, sureness } from "./frame-words";

const REASONS = Object.values(Reason).filter((reason): reason is Reason => typeof reason === "number");

describe("words of frames that cannot be inspected", () => {
  it("say what was measured, what is needed and what to look at", () => {
    expect(problemSentence({ reason: Reason.TOO_DARK, measured: 12.4, limit: 58.2, typical: 131 })).toBe(
      "Too dark: mean grey level 12, at least 58 is inspected (normal images 131). Look at the lamp, the exposure and the lens.",
    );
    expect(problemSentence({ reason: Reason.BURNT_OUT, measured: 0.8, limit: 0.5, typical: 0 })).toContain("80%, at most 50% is inspected");
    expect(problemSentence({ reason: Reason.BLANK, measured: 0, limit: 2 })).toMatch(/^Blank\. All pixels are alike/);
  });

  it.each(REASONS)("know reason %d", (reason) => {
    expect(problemName({ reason })).not.toBe("");
    expect(problemSentence({ reason, measured: 1, limit: 2, typical: 3 })).toMatch(/\.$/);
  });

  it("say what frames must be like, and how sure that is", () => {
    expect(limitWords({ reason: Reason.NOISY, limit: 13.6, typical: 2 })).toBe("noise at most 14 (normal images 2.0)");
    expect(sureness({ referenceCount: 1, strayCount: 1, blankIsNormal: false })).toContain("1 normal image; ");
  });
});
