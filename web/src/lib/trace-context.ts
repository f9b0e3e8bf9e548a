/** W3C Trace Context: what a call is called among the servers' spans. */
import type { ConnectError } from "@connectrpc/connect";

export const TRACEPARENT = "traceparent";

export function newTraceparent(sampled: boolean): string {
  return `00-${hex(16)}-${hex(8)}-${sampled ? "01" : "00"}`;
}

/** The id of the trace that a failed call is recorded in; empty if it is not. */
export function traceOf(error: ConnectError): string {
  const [, traceId = "", , flags] = (error.metadata.get(TRACEPARENT) ?? "").split("-");
  return flags === "01" ? traceId : "";
}

/** Random, and never all zeros, which no id may be. */
function hex(bytes: number): string {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  random[0] = (random[0] ?? 0) | 1;
  return Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
