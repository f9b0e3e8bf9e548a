/** Gives calls the session's token, and calls once more with a new one if it is refused. */
import { Code, ConnectError, type Interceptor, type StreamRequest } from "@connectrpc/connect";

import { AuthService } from "@/gen/argus/auth/v1/auth_pb.js";

import type { Session } from "./session";

const OPEN = new Set<unknown>([
  AuthService.method.register,
  AuthService.method.login,
  AuthService.method.refreshToken,
  AuthService.method.getJwks,
]);

export function authInterceptor(session: Pick<Session, "accessToken">): Interceptor {
  return (next) => async (request) => {
    if (OPEN.has(request.method)) return next(request);
    const replay = request.stream ? await replayable(request) : () => request;
    const token = await session.accessToken();
    try {
      return await next(withToken(replay(), token));
    } catch (error) {
      if (token === undefined || ConnectError.from(error).code !== Code.Unauthenticated) throw error;
      const renewed = await session.accessToken(token);
      return next(withToken(replay(), renewed));
    }
  };
}

function withToken<R extends { header: Headers }>(request: R, token: string | undefined): R {
  if (token !== undefined) request.header.set("authorization", `Bearer ${token}`);
  return request;
}

/** A stream's messages can be read once; a server stream's one message is kept for a second try. */
async function replayable(request: StreamRequest): Promise<() => StreamRequest> {
  if (request.method.methodKind !== "server_streaming") return () => request;
  const messages: Awaited<typeof request.message extends AsyncIterable<infer M> ? M : never>[] = [];
  for await (const message of request.message) messages.push(message);
  return () => ({
    ...request,
    message: once(messages),
  });
}

// eslint-disable-next-line @typescript-eslint/require-await -- nothing to wait for; the type is asked for
async function* once<M>(messages: readonly M[]): AsyncIterable<M> {
  yield* messages;
}
