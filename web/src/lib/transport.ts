/** gRPC-web to the origin that served the page; the one way to the services. */
import { createClient, type Transport } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";

import { AuthService, type Session as SessionMessage } from "@/gen/argus/auth/v1/auth_pb.js";

import { authInterceptor } from "argus-client/auth-interceptor";
import { noteConnection } from "./connectivity";
import { session } from "./current-session";
import type { StoredSession } from "./session";
import { toDate } from "./time";
import { beginTraces } from "./traces";

/** Without tokens. */
export const openTransport: Transport = createGrpcWebTransport({ baseUrl: location.origin, interceptors: [noteConnection] });

/** For signing in and refreshing. */
export const openAuth = createClient(AuthService, openTransport);

/** What all pages call through; connect-query has it from its provider. */
export const transport: Transport = createGrpcWebTransport({
  baseUrl: location.origin,
  interceptors: [authInterceptor(session), beginTraces(), noteConnection],
});

/** What is kept of an answer of Register, Login or RefreshToken. */
export function storedSession(answer: SessionMessage): StoredSession {
  return {
    accessToken: answer.accessToken,
    refreshToken: answer.refreshToken,
    expiresAt: Date.now() + answer.expiresIn * 1000,
    account: {
      userId: answer.user?.userId ?? "",
      email: answer.user?.email ?? "",
      displayName: answer.user?.displayName ?? "",
      createTime: toDate(answer.user?.createTime)?.toISOString() ?? "",
    },
  };
}
