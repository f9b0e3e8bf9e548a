/** Gives calls the session's token, and calls once more with a new one if it is refused. */
import {
  Code,
  ConnectError,
  type Interceptor,
  type StreamRequest,
  type StreamResponse,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect";

import { AuthService } from "../../../src/gen/argus/auth/v1/auth_pb.js";

import type { TokenSource } from "./tokens.js";

const OPEN = new Set<unknown>([
  AuthService.method.register,
  AuthService.method.login,
  AuthService.method.refreshToken,
  AuthService.method.getJwks,
]);

export function authInterceptor(session: TokenSource): Interceptor {
  return (next) => async (request) => {
    if (OPEN.has(request.method)) return next(request);
    const again = request.stream ? await replayable(request) : () => request;
    const token = await session.accessToken();
    const retry = async (error: unknown): Promise<UnaryResponse | StreamResponse> => {
      if (token === undefined || ConnectError.from(error).code !== Code.Unauthenticated) throw error;
      const renewed = await session.accessToken(token);
      return next(withToken(again(), renewed));
    };
    try {
      const response = await next(withToken(again(), token));
      return response.stream ? { ...response, message: messagesOf(response, retry) } : response;
    } catch (error) {
      return retry(error);
    }
  };
}

function withToken<R extends UnaryRequest | StreamRequest>(request: R, token: string | undefined): R {
  if (token !== undefined) request.header.set("authorization", `Bearer ${token}`);
  return request;
}

type Messages = StreamResponse["message"];

/** A stream is refused where its first message would be. */
async function* messagesOf(
  response: StreamResponse,
  retry: (error: unknown) => Promise<UnaryResponse | StreamResponse>,
): Messages {
  const messages = response.message[Symbol.asyncIterator]();
  let first: Awaited<ReturnType<typeof messages.next>>;
  try {
    first = await messages.next();
  } catch (error) {
    const renewed = await retry(error);
    if (renewed.stream) yield* renewed.message;
    return;
  }
  if (first.done) return;
  try {
    yield first.value;
    for (;;) {
      const each = await messages.next();
      if (each.done) return;
      yield each.value;
    }
  } finally {
    await messages.return?.();
  }
}

/** A stream's messages can be read once; a server stream's one message is kept for a second try. */
async function replayable(request: StreamRequest): Promise<() => StreamRequest> {
  if (request.method.methodKind !== "server_streaming") return () => request;
  const messages: (StreamRequest["message"] extends AsyncIterable<infer M> ? M : never)[] = [];
  for await (const message of request.message) messages.push(message);
  return () => ({ ...request, message: once(messages) });
}

// eslint-disable-next-line @typescript-eslint/require-await -- nothing to wait for; the type is asked for
async function* once<M>(messages: readonly M[]): AsyncIterable<M> {
  yield* messages;
}
