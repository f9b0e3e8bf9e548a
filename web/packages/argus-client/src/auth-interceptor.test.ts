import { Code, ConnectError, createClient, createRouterTransport, type HandlerContext } from "@connectrpc/connect";
import { expect, test, vi } from "vitest";

import { AuthService } from "../../../src/gen/argus/auth/v1/auth_pb.js";
import { InspectionService } from "../../../src/gen/argus/inspection/v1/inspection_pb.js";

import { authInterceptor } from "./auth-interceptor.js";

function checked(context: HandlerContext): void {
  if (context.requestHeader.get("authorization") !== "Bearer good") {
    throw new ConnectError("expired", Code.Unauthenticated);
  }
}

function transportWith(accessToken: (refused?: string) => Promise<string | undefined>) {
  return createRouterTransport(
    ({ service }) => {
      service(AuthService, {
        getMe: (_request, context) => {
          checked(context);
          return { email: "ada@example.com" };
        },
        login: (_request, context) => ({ accessToken: context.requestHeader.get("authorization") ?? "none" }),
      });
      service(InspectionService, {
        watchJob: async function* (request, context) {
          checked(context);
          yield await Promise.resolve({ cursor: request.jobId });
        },
      });
    },
    { transport: { interceptors: [authInterceptor({ accessToken })] } },
  );
}

test("calls carry the token, and signing in does not", async () => {
  const client = createClient(AuthService, transportWith(async () => Promise.resolve("good")));
  expect((await client.getMe({})).email).toBe("ada@example.com");
  expect((await client.login({})).accessToken).toBe("none");
});

test("a refused token is renewed once", async () => {
  const accessToken = vi.fn(async (refused?: string) => Promise.resolve(refused === "old" ? "good" : "old"));
  const client = createClient(AuthService, transportWith(accessToken));
  expect((await client.getMe({})).email).toBe("ada@example.com");
  expect(accessToken.mock.calls).toEqual([[], ["old"]]);
});

test("a token that is refused again is not renewed for ever", async () => {
  const accessToken = vi.fn(async () => Promise.resolve("bad"));
  const client = createClient(AuthService, transportWith(accessToken));
  await expect(client.getMe({})).rejects.toMatchObject({ code: Code.Unauthenticated });
  expect(accessToken).toHaveBeenCalledTimes(2);
});

test("a stream begins again with its message", async () => {
  const accessToken = async (refused?: string) => Promise.resolve(refused === "old" ? "good" : "old");
  const client = createClient(InspectionService, transportWith(accessToken));
  const cursors: string[] = [];
  for await (const event of client.watchJob({ jobId: "j1" })) cursors.push(event.cursor);
  expect(cursors).toEqual(["j1"]);
});
