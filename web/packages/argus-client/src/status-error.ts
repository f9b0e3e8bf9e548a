/** What failed within an answer, such as one item of many, as the error that a call of its own would have thrown. */
import { Code, ConnectError } from "@connectrpc/connect";

import type { Status } from "../../../src/gen/google/rpc/status_pb.js";

const CODES = Object.values(Code).filter((each) => typeof each === "number");

export function errorOf(status: Status): ConnectError {
  const code = CODES.find((each: number) => each === status.code) ?? Code.Unknown;
  const error = new ConnectError(status.message, code);
  error.details = status.details.map(({ typeUrl, value }) => ({ type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1), value }));
  return error;
}
