/** Turns whatever went wrong into words for a person, and into a kind that a page can act on. */
import { Code, ConnectError } from "@connectrpc/connect";
import { factsOf, HttpError } from "argus-client/facts";

import type { ErrorReason } from "@/gen/argus/errors/v1/error_reason_pb.js";

import { traceOf } from "./trace-context";

/**
 * What a page does about an error.
 *
 * - `offline`: this device has no network, or the server cannot be reached
 * - `expired`: the session ended; the shell sends people to sign in
 * - `unavailable`: a part of the system is down; trying again is sensible
 * - `busy`: too much at once; try again after `retryAfterMs`
 * - `full`: no room left where images are kept
 * - `not-found`, `denied`, `conflict`: as their names say
 * - `invalid`: what was entered is wrong; `fields` says where
 * - `cancelled`: the page itself gave the call up; show nothing
 * - `internal`: a fault of ours
 */
export type ProblemKind =
  | "offline"
  | "expired"
  | "unavailable"
  | "busy"
  | "full"
  | "not-found"
  | "denied"
  | "conflict"
  | "invalid"
  | "cancelled"
  | "internal";

export interface Problem {
  kind: ProblemKind;
  /** A few words, fit for a heading. */
  title: string;
  /** One sentence: what happened and what to do. */
  message: string;
  /** Messages by request field, as the contract spells it: `email`, `labels["line"]`. */
  fields: Readonly<Record<string, string>>;
  /** The contract's reason; empty where the edge or the network refused. */
  reason: string;
  /** Facts of the case, such as `max_bytes`. */
  metadata: Readonly<Record<string, string>>;
  /** Whether the same call may succeed later. */
  retryable: boolean;
  /** How long to wait before that, in milliseconds; 0 if the server said nothing. */
  retryAfterMs: number;
}

type Reason = Exclude<keyof typeof ErrorReason, "ERROR_REASON_UNSPECIFIED">;

/** Reasons whose server message is for programs; all others' messages are shown as they come. */
const SENTENCES: Partial<Record<Reason, string>> = {
  BAD_CREDENTIALS: "Email or password is wrong.",
  EMAIL_TAKEN: "There is an account with this email already. Sign in instead.",
  REFRESH_TOKEN_REUSED:
    "Somebody used an old copy of your session, so it was closed. Sign in again.",
  DATABASE_UNAVAILABLE: "The database does not answer. Try again in a moment.",
  DATABASE_FULL: "The database has no room left, so nothing was changed. Tell whoever runs this Argus.",
  REDIS_UNAVAILABLE: "A part of Argus is restarting. Try again in a moment.",
  OBJECT_STORE_UNAVAILABLE: "The image store does not answer. Try again in a moment.",
  OBJECT_STORE_REFUSES: "The image store keeps nothing new; its disk may be full. Tell whoever runs this Argus.",
  INDEX_FULL: "The search index has no room left. Tell whoever runs this Argus.",
  INDEX_UNAVAILABLE: "The search index does not answer. Try again in a moment.",
  SEARCH_UNAVAILABLE: "Search does not answer. Try again in a moment.",
  EMBEDDER_UNAVAILABLE: "The models do not answer. Try again in a moment.",
  STORAGE_UNAVAILABLE: "The library does not answer. Try again in a moment.",
  KEYS_UNAVAILABLE: "Argus is still starting. Try again in a moment.",
  MODEL_FAILED: "The model failed on this. Try again.",
  OVERLOADED: "Argus has too much to do right now. Try again in a moment.",
  VIEW_NOT_FOUND: "One of these views is no longer a view of the set. Reload the page.",
  VIEW_NAMED_TWICE: "Two pictures are for the same view. Choose one picture for each view.",
  SET_IS_A_VIEW: "This is a view of another set. It has no views of its own, and is shared with that set.",
  TOO_MANY_VIEWS: "The set has as many views as it can have. Delete one first.",
  PERMISSION_DENIED: "You may not do this.",
  UNIMPLEMENTED: "This installation of Argus does not know this yet. Its parts are of different versions.",
};

const TITLES: Record<ProblemKind, string> = {
  offline: "No connection",
  expired: "Your session has ended",
  unavailable: "Not available right now",
  busy: "Too much at once",
  full: "No room left",
  "not-found": "Not found",
  denied: "Not allowed",
  conflict: "Not possible now",
  invalid: "That did not fit",
  cancelled: "Given up",
  internal: "Something went wrong",
};

/** For kinds that come without words of the server's. */
const FALLBACKS: Record<ProblemKind, string> = {
  offline: "Argus cannot be reached. Check your network; the page goes on by itself.",
  expired: "Sign in again to go on where you were.",
  unavailable: "A part of Argus does not answer. Try again in a moment.",
  busy: "Argus has too much to do right now. Try again in a moment.",
  full: "The image store is full. Delete images, or ask whoever runs Argus for more room.",
  "not-found": "It was deleted, or never was yours to see.",
  denied: "You may not do this.",
  conflict: "Something changed in the meantime. Look again and retry.",
  invalid: "Something in the request is wrong.",
  cancelled: "",
  internal: "This is a fault of Argus. Try again; if it stays, report it.",
};

const KINDS: Partial<Record<Code, ProblemKind>> = {
  [Code.Canceled]: "cancelled",
  [Code.InvalidArgument]: "invalid",
  [Code.OutOfRange]: "invalid",
  [Code.DeadlineExceeded]: "unavailable",
  [Code.NotFound]: "not-found",
  [Code.AlreadyExists]: "conflict",
  [Code.FailedPrecondition]: "conflict",
  [Code.Aborted]: "conflict",
  [Code.PermissionDenied]: "denied",
  [Code.Unauthenticated]: "expired",
  [Code.ResourceExhausted]: "busy",
  [Code.Unavailable]: "unavailable",
};

const FULL = /(STORE|STORAGE|DISK|SPACE)_?(IS_)?(FULL|EXHAUSTED)|OUT_OF_SPACE/;

export { HttpError };

/** Says what an error means. Takes anything that can be thrown. */
export function explain(error: unknown): Problem {
  if (error instanceof HttpError) return problem(kindOfStatus(error.status), {});
  if (error instanceof DOMException && error.name === "AbortError") return problem("cancelled", {});
  const cause = ConnectError.from(error);
  const { reason, metadata, retryAfterMs, fields: wrong } = factsOf(cause);
  const fields = Object.fromEntries(Object.entries(wrong).map(([field, description]) => [field, sentence(description)]));
  let kind = unreachable(cause, reason) ? "offline" : (KINDS[cause.code] ?? "internal");
  if (FULL.test(reason)) kind = "full";
  // Wrong credentials end no session.
  if (reason === "BAD_CREDENTIALS") kind = "invalid";
  const known = SENTENCES[reason as Reason];
  const said = kind === "internal" ? reportable(traceOf(cause)) : reason && sentence(cause.rawMessage);
  return problem(kind, { message: known ?? said, fields, reason, metadata, retryAfterMs });
}

/** What to say of a fault of ours that was recorded. */
const reportable = (trace: string): string => trace && `${FALLBACKS.internal.replace(/\.$/, "")} with its trace, ${trace}.`;

/** One sentence for a toast or beside a button. */
export const explainBriefly = (error: unknown): string => explain(error).message;

/** Whether a query may be asked again without a person's saying so. */
export function worthRetrying(failures: number, error: unknown): boolean {
  const { kind } = explain(error);
  return failures < 2 && (kind === "unavailable" || kind === "busy");
}

function problem(kind: ProblemKind, facts: Partial<Problem>): Problem {
  return {
    kind,
    title: TITLES[kind],
    fields: {},
    reason: "",
    metadata: {},
    retryable: ["offline", "unavailable", "busy", "internal"].includes(kind),
    retryAfterMs: 0,
    ...facts,
    message: facts.message || FALLBACKS[kind],
  };
}

/** `fetch` failed: connect reports it as an error without a reason that `fetch`'s TypeError caused. */
function unreachable(error: ConnectError, reason: string): boolean {
  if (reason !== "") return false;
  return error.cause instanceof TypeError || (error.code !== Code.Canceled && !navigator.onLine);
}

function kindOfStatus(status: number): ProblemKind {
  if (status === 0) return "offline";
  if (status === 404) return "not-found";
  if (status === 401 || status === 403) return "denied";
  if (status === 507) return "full";
  if (status === 429) return "busy";
  if (status === 502 || status === 503 || status === 504) return "unavailable";
  return status >= 500 ? "internal" : "invalid";
}

/** Begins with a capital and ends with a full stop. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === "") return "";
  const begun = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`;
}
