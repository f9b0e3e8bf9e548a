/** Why a frame cannot be inspected, and what frames must be like, in words. */
import { type FrameChecks, type FrameLimit, type FrameProblem, FrameProblem_Reason as Reason } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { formatPercent } from "@/lib/numbers";

interface Words {
  /** What is wrong, as a title. */
  readonly name: string;
  /** What to do about it. */
  readonly advice: string;
  /** What is measured; empty if the number says nothing to people. */
  readonly measure: string;
  readonly number: (value: number) => string;
}

const whole = (value: number) => value.toFixed(0);
const short = (value: number) => (value >= 100 ? value.toFixed(0) : value.toPrecision(2));
const share = (value: number) => formatPercent(value, 0);

const WORDS: Partial<Record<Reason, Words>> & Record<Reason.REASON_UNSPECIFIED, Words> = {
  [Reason.REASON_UNSPECIFIED]: { name: "Cannot be inspected", advice: "Look at the camera first.", measure: "", number: short },
  [Reason.BLANK]: { name: "Blank", advice: "All pixels are alike: a lens cap, a lamp that is off, or no picture from the camera.", measure: "", number: whole },
  [Reason.TOO_DARK]: { name: "Too dark", advice: "Look at the lamp, the exposure and the lens.", measure: "mean grey level", number: whole },
  [Reason.TOO_BRIGHT]: { name: "Too bright", advice: "Look at the lamp and the exposure.", measure: "mean grey level", number: whole },
  [Reason.BLACKED_OUT]: { name: "Blacked out", advice: "Something is before the lens, or a lamp is off.", measure: "black", number: share },
  [Reason.BURNT_OUT]: { name: "Burnt out", advice: "Look at the exposure and at reflections.", measure: "white", number: share },
  [Reason.LOW_CONTRAST]: { name: "Too little contrast", advice: "Look for fog, dirt on the lens and stray light.", measure: "contrast in grey levels", number: short },
  [Reason.OUT_OF_FOCUS]: { name: "Out of focus", advice: "Look at the focus, and whether the part moves.", measure: "detail", number: short },
  [Reason.NOISY]: { name: "Noisy", advice: "Look at the gain of the camera and at the cable.", measure: "noise", number: short },
  [Reason.TOO_SMALL]: { name: "Too small", advice: "Send the picture as the camera took it.", measure: "pixels of the shorter side", number: whole },
  [Reason.OTHER_SHAPE]: { name: "Another shape", advice: "It may be turned or cut.", measure: "width ÷ height", number: short },
  [Reason.FOREIGN]: { name: "Unlike the set", advice: "It shows another product, another place or another light.", measure: "", number: share },
  [Reason.MISPLACED]: { name: "Misplaced", advice: "The part is not there, or moved too far to be aligned: look at how it lies, and at the camera.", measure: "correlation with the reference", number: short },
};

const wordsOf = (reason: Reason): Words => WORDS[reason] ?? WORDS[Reason.REASON_UNSPECIFIED];

/** `Too dark`. */
export function problemName(problem: Pick<FrameProblem, "reason">): string {
  return wordsOf(problem.reason).name;
}

/** `Too dark: mean grey level 12, at least 58 is inspected (normal images 131). Look at the lamp …`. */
export function problemSentence({ reason, measured, limit, typical }: Pick<FrameProblem, "reason" | "measured" | "limit" | "typical">): string {
  const { name, advice, measure, number } = wordsOf(reason);
  if (measure === "") return `${name}. ${advice}`;
  const usual = typical === undefined ? "" : ` (normal images ${number(typical)})`;
  return `${name}: ${measure} ${number(measured)}, ${measured > limit ? "at most" : "at least"} ${number(limit)} is inspected${usual}. ${advice}`;
}

/** `mean grey level at least 58 (normal images 131)`. */
export function limitWords({ reason, limit, typical }: Pick<FrameLimit, "reason" | "limit" | "typical">): string {
  const { measure, number } = wordsOf(reason);
  return `${measure} ${limit > typical ? "at most" : "at least"} ${number(limit)} (normal images ${number(typical)})`;
}

/** How sure it is that normal images are inspected. */
export function sureness({ referenceCount, falseAlarms, strayCount, blankIsNormal }: Pick<FrameChecks, "referenceCount" | "falseAlarms" | "strayCount" | "blankIsNormal">): string {
  const held = falseAlarms
    ? ` Held against the others, ${formatPercent(falseAlarms.value, 1)} of them could not be inspected (${formatPercent(falseAlarms.low, 1)} to ${formatPercent(falseAlarms.high, 1)}, 95 % sure).`
    : "";
  const strays = strayCount > 0 ? ` ${strayCount} ${strayCount === 1 ? "image is" : "images are"} far from all others and not heeded.` : "";
  const blank = blankIsNormal ? " Most images are blank, so blank frames are inspected." : "";
  return `Learnt from ${referenceCount} normal ${referenceCount === 1 ? "image" : "images"}; meant for at most 1 false alarm in 1,000.${held}${strays}${blank}`;
}
