/** What jobs do and what became of them, in words. */
import type { Comparison, HeadTraining, Job } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { Job_Kind, Job_State } from "@/gen/argus/inspection/v1/inspection_pb.js";
import type { Status } from "@/gen/google/rpc/status_pb.js";
import { explain } from "@/lib/errors";
import { countOf } from "@/lib/numbers";
import { errorOf } from "argus-client/status-error";
import type { Tone } from "@/ui/chip";

/** Below this a difference is no chance. */
const SURE_BELOW = 0.05;

export const hasEnded = (job: Job): boolean => job.state !== Job_State.QUEUED && job.state !== Job_State.RUNNING;

export function kindName(kind: Job_Kind): string {
  switch (kind) {
    case Job_Kind.CALIBRATION:
      return "Calibration";
    case Job_Kind.HEAD_TRAINING:
      return "Head training";
    case Job_Kind.COMPARISON:
      return "Comparison";
    default:
      return "Job";
  }
}

export function stateName(state: Job_State): { label: string; tone: Tone } {
  switch (state) {
    case Job_State.QUEUED:
      return { label: "Waiting", tone: "neutral" };
    case Job_State.RUNNING:
      return { label: "Under way", tone: "accent" };
    case Job_State.SUCCEEDED:
      return { label: "Done", tone: "normal" };
    case Job_State.FAILED:
      return { label: "Failed", tone: "anomalous" };
    case Job_State.CANCELLED:
      return { label: "Cancelled", tone: "neutral" };
    default:
      return { label: "Unknown", tone: "neutral" };
  }
}

/** `Compares versions 2 and 3`, with the settings that tell jobs of a kind apart. */
export function jobTitle(job: Job): string {
  const [a, b] = job.versions;
  if (job.kind === Job_Kind.COMPARISON && a !== undefined && b !== undefined) return `Comparison of versions ${a} and ${b}`;
  if (job.kind === Job_Kind.HEAD_TRAINING && a !== undefined && a > 0) return `Head training from version ${a}`;
  return kindName(job.kind);
}

/** What it does now, with a capital: `Takes features`. */
export function stageName(job: Job): string {
  if (job.stage === "") return job.state === Job_State.QUEUED ? "Waits for its turn" : "Begins";
  return job.stage.charAt(0).toUpperCase() + job.stage.slice(1);
}

/** Why it failed, as other errors are explained. */
export function failureOf(status: Status | undefined): string {
  if (!status) return "It failed without saying why.";
  return explain(errorOf(status)).message;
}

/** What came of it, in a sentence or two; empty while it goes on. */
export function outcomeOf(job: Job): string {
  switch (job.state) {
    case Job_State.FAILED:
      return failureOf(job.error);
    case Job_State.CANCELLED:
      return "Nothing was changed.";
    case Job_State.SUCCEEDED:
      break;
    default:
      return "";
  }
  const left = job.skipped.length > 0 ? ` ${countOf(job.skipped.length, "image was", "images were")} left out.` : "";
  switch (job.result.case) {
    case "version":
      return `Made version ${job.result.value}, which is in use.${left}`;
    case "headTraining":
      return `${headOutcome(job.result.value)}${left}`;
    case "comparison":
      return `${comparisonOutcome(job.result.value, job.versions[0] ?? 0, job.versions[1] ?? 0)}${left}`;
    default:
      return left.trim();
  }
}

/** The same in a few words, for who looks elsewhere. */
export function announcementOf(job: Job): string {
  const outcome =
    job.state === Job_State.SUCCEEDED && job.result.case === "headTraining"
      ? job.result.value.kept
        ? `Made version ${job.result.value.version}.`
        : "No better than before; not kept."
      : outcomeOf(job);
  return `${jobTitle(job)}: ${outcome}`;
}

export function headOutcome({ kept, version, explanation }: HeadTraining): string {
  const made = kept ? ` Version ${version} was made; it is not in use until you say so.` : "";
  return `${sentence(explanation)}${made}`;
}

/** Which of two versions agrees better with people, and how sure that is. */
export function comparisonOutcome({ onlyARight, onlyBRight, pValue }: Comparison, a: number, b: number): string {
  if (onlyARight === 0 && onlyBRight === 0) {
    return `Versions ${a} and ${b} call every judged image the same.`;
  }
  if (onlyARight === onlyBRight) {
    return `Versions ${a} and ${b} agree equally well with people: each is alone right on ${countOf(onlyARight, "image")}.`;
  }
  const [better, more, fewer] = onlyARight > onlyBRight ? [a, onlyARight, onlyBRight] : [b, onlyBRight, onlyARight];
  const counts = `it alone is right on ${countOf(more, "image")}, the other alone on ${fewer}`;
  return pValue < SURE_BELOW
    ? `Version ${better} agrees better with people: ${counts}.`
    : `Version ${better} agrees a little better with people (${counts}), but that may be chance. Judge more images to be sure.`;
}

/** `p = 0.03`, `p < 0.001`. */
export function formatPValue(value: number): string {
  if (value < 0.001) return "p < 0.001";
  return `p = ${value.toFixed(value < 0.1 ? 3 : 2)}`;
}

function sentence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === "") return "";
  const begun = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
