import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";

import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "@/gen/google/rpc/error_details_pb.js";

import { explain, HttpError, worthRetrying } from "./errors";

type Details = NonNullable<ConstructorParameters<typeof ConnectError>[3]>;

function refused(code: Code, message: string, reason: string, more: Details = [], metadata: Record<string, string> = {}): ConnectError {
  const info = create(ErrorInfoSchema, { reason, domain: "argus.internal", metadata });
  return new ConnectError(message, code, undefined, [{ desc: ErrorInfoSchema, value: info }, ...more]);
}

test("what is wrong with each field stands at the field", () => {
  const error = refused(Code.InvalidArgument, "the request is wrong", "INVALID_REQUEST", [
    {
      desc: BadRequestSchema,
      value: create(BadRequestSchema, {
        fieldViolations: [
          { field: "email", description: "must be an email address" },
          { field: 'labels["line"]', description: "Too long." },
        ],
      }),
    },
  ]);
  expect(explain(error)).toMatchObject({
    kind: "invalid",
    message: "The request is wrong.",
    fields: { email: "Must be an email address.", 'labels["line"]': "Too long." },
    retryable: false,
  });
});

test.each([
  [refused(Code.Unauthenticated, "x", "BAD_CREDENTIALS"), "invalid", "Email or password is wrong."],
  [refused(Code.Unauthenticated, "the session is closed", "SESSION_CLOSED"), "expired", "The session is closed."],
  [new ConnectError("Jwt is missing", Code.Unauthenticated), "expired", "Sign in again to go on where you were."],
  [refused(Code.Unavailable, "x", "OBJECT_STORE_UNAVAILABLE"), "unavailable", "The image store does not answer. Try again in a moment."],
  [new ConnectError("no healthy upstream", Code.Unavailable), "unavailable", "A part of Argus does not answer. Try again in a moment."],
  [refused(Code.NotFound, "no such image", "IMAGE_NOT_FOUND"), "not-found", "No such image."],
  [refused(Code.Internal, "secret traceback", "INTERNAL"), "internal", "This is a fault of Argus. Try again; if it stays, report it."],
  [refused(Code.ResourceExhausted, "x", "STORE_FULL"), "full", "X."],
  [new ConnectError("aborted", Code.Canceled), "cancelled", ""],
  [new DOMException("aborted", "AbortError"), "cancelled", ""],
  [new HttpError(507), "full", "The image store is full. Delete images, or ask whoever runs Argus for more room."],
  [new HttpError(0), "offline", "Argus cannot be reached. Check your network; the page goes on by itself."],
  [new HttpError(503), "unavailable", "A part of Argus does not answer. Try again in a moment."],
  [new HttpError(403), "denied", "You may not do this."],
  [new Error("undefined is not a function"), "internal", "This is a fault of Argus. Try again; if it stays, report it."],
  ["text", "internal", "This is a fault of Argus. Try again; if it stays, report it."],
])("%s is %s", (error, kind, message) => {
  expect(explain(error)).toMatchObject({ kind, message });
});

test("a fetch that failed is the network's", () => {
  const error = ConnectError.from(new TypeError("Failed to fetch"), Code.Internal);
  expect(explain(error).kind).toBe("offline");
});

test("facts and waiting times are kept", () => {
  const wait = create(RetryInfoSchema, { retryDelay: { seconds: 2n, nanos: 500_000_000 } });
  const error = refused(Code.ResourceExhausted, "x", "OVERLOADED", [{ desc: RetryInfoSchema, value: wait }], { limit: "8" });
  expect(explain(error)).toMatchObject({ kind: "busy", retryAfterMs: 2500, metadata: { limit: "8" }, retryable: true });
});

test("only what may pass is tried again, and not for ever", () => {
  const down = new ConnectError("x", Code.Unavailable);
  expect([worthRetrying(0, down), worthRetrying(1, down), worthRetrying(2, down)]).toEqual([true, true, false]);
  expect(worthRetrying(0, new ConnectError("x", Code.NotFound))).toBe(false);
});
