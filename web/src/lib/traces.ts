/** Begins a trace with each call (W3C Trace Context), so that a call that failed can be found among the servers' spans. */
import { ConnectError, type Interceptor } from "@connectrpc/connect";

import { InstallationService } from "@/gen/argus/installation/v1/installation_pb.js";

import { newTraceparent, TRACEPARENT } from "./trace-context";

/** An interceptor that sends nothing until an answer of GetInstallation has said that traces are kept. */
export function beginTraces(random: () => number = Math.random): Interceptor {
  let share = 0;
  return (next) => async (request) => {
    const traceparent = share > 0 ? newTraceparent(random() < share) : undefined;
    if (traceparent !== undefined) request.header.set(TRACEPARENT, traceparent);
    try {
      const response = await next(request);
      if (request.method === InstallationService.method.getInstallation && !response.stream) share = shareIn(response.message);
      return response;
    } catch (error) {
      const failed = ConnectError.from(error);
      if (traceparent !== undefined) failed.metadata.set(TRACEPARENT, traceparent);
      throw failed;
    }
  };
}

function shareIn(message: object): number {
  return "traceShare" in message && typeof message.traceShare === "number" ? message.traceShare : 0;
}
