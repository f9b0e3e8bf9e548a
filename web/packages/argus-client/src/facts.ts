/** What an error says to a program: code, reason, fields, and whether and when to try again. */
import type { Code} from "@connectrpc/connect";
import { ConnectError } from "@connectrpc/connect";

import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../../../src/gen/google/rpc/error_details_pb.js";

/** Statuses of plain HTTP answers, such as the object store's; 0: no answer. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    message = `The server answered ${status}.`,
  ) {
    super(message);
    this.name = "HttpError";
  }
}

export interface Facts {
  code: Code;
  /** The contract's reason (docs/errors.md); empty where the edge or the network refused. */
  reason: string;
  /** What the server said, for people who read logs. */
  message: string;
  /** Facts of the case, such as `max_bytes`. */
  metadata: Readonly<Record<string, string>>;
  /** What is wrong, by request field as the contract spells it: `email`, `labels["line"]`. */
  fields: Readonly<Record<string, string>>;
  /** How long to wait before another try, in milliseconds; 0 if the server said nothing. */
  retryAfterMs: number;
}

/** Reads an error. Takes anything that can be thrown. */
export function factsOf(error: unknown): Facts {
  const cause = ConnectError.from(error);
  const info = cause.findDetails(ErrorInfoSchema)[0];
  const fields = Object.fromEntries(
    cause
      .findDetails(BadRequestSchema)
      .flatMap((bad) => bad.fieldViolations)
      .map(({ field, description }) => [field, description]),
  );
  const delay = cause.findDetails(RetryInfoSchema)[0]?.retryDelay;
  const retryAfterMs = delay ? Number(delay.seconds) * 1000 + delay.nanos / 1e6 : 0;
  return { code: cause.code, reason: info?.reason ?? "", message: cause.rawMessage, metadata: { ...info?.metadata }, fields, retryAfterMs };
}
