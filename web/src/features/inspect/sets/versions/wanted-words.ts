/** What more feedback of a kind would bring, in words. */
import { type WantedFeedback, WantedFeedback_Advice as Advice } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { formatPercent } from "@/lib/numbers";

/** `Some 16 more “crack” (16 so far): pairs ranked wrongly, from 8.0 % to about 6.0 %.` */
export function wantedWords({ kind, count, advice, more, error, expectedError }: Omit<WantedFeedback, "$typeName">): string {
  const name = kind === "normal" ? "normal images" : kind === "" ? "defects without a name" : `“${kind}”`;
  const judged = `${count} so far`;
  switch (advice) {
    case Advice.MORE_HELPS:
      return `Some ${more} more ${name} (${judged}): pairs ranked wrongly, from ${formatPercent(error)} to about ${formatPercent(expectedError)}.`;
    case Advice.ENOUGH:
      return `Enough ${name} (${judged}): more would bring next to nothing.`;
    default:
      return `Whether more ${name} help cannot be said yet (${judged}); ${more} more may tell.`;
  }
}
