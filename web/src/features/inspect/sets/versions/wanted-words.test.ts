import { expect, it } from "vitest";

import { WantedFeedback_Advice as Advice } from "@/gen/argus/inspection/v1/inspection_pb.js";

import { wantedWords } from "./wanted-words";

const one = { kind: "crack", count: 16, more: 16, error: 0.08, expectedError: 0.06 };

it("says how many more of which kind would help, or that it cannot say", () => {
  expect(wantedWords({ ...one, advice: Advice.MORE_HELPS })).toMatch(/^Some 16 more “crack” \(16 so far\).*8.*6/);
  expect(wantedWords({ ...one, kind: "normal", advice: Advice.ENOUGH })).toMatch(/^Enough normal images/);
  expect(wantedWords({ ...one, kind: "", advice: Advice.TOO_EARLY })).toContain("cannot be said yet");
});
