/** An item's failure within a stream, as the error that a call of its own would have thrown. */
import { Code, ConnectError } from "@connectrpc/connect";

import type { Status } from "@/gen/google/rpc/status_pb.js";

export function errorOf(status: Status): ConnectError {
  const error = new ConnectError(status.message, status.code in Code ? (status.code as Code) : Code.Unknown);
  error.details = status.details.map(({ typeUrl, value }) => ({ type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1), value }));
  return error;
}
