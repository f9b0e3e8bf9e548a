import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { expect, test } from "vitest";

import { InstallationService } from "@/gen/argus/installation/v1/installation_pb.js";

import { explain } from "./errors";
import { beginTraces } from "./traces";

function installation({ traceShare, random = 0 }: { traceShare: number; random?: number }) {
  const sent: (string | null)[] = [];
  const transport = createRouterTransport(
    ({ service }) => {
      service(InstallationService, {
        getInstallation: (_, { requestHeader }) => {
          sent.push(requestHeader.get("traceparent"));
          return { traceShare };
        },
        getStatus: (_, { requestHeader }) => {
          sent.push(requestHeader.get("traceparent"));
          throw new ConnectError("a fault", Code.Internal);
        },
      });
    },
    { transport: { interceptors: [beginTraces(() => random)] } },
  );
  return { client: createClient(InstallationService, transport), sent };
}

test("no trace is begun where nobody keeps any", async () => {
  const { client, sent } = installation({ traceShare: 0 });
  await client.getInstallation({});
  await client.getInstallation({});
  expect(sent).toEqual([null, null]);
});

test("each call begins a trace of its own, and a fault is reported with it", async () => {
  const { client, sent } = installation({ traceShare: 1 });
  await client.getInstallation({});
  await client.getInstallation({});
  const failed = await client.getStatus({}).catch((error: unknown) => error);
  expect(sent[0]).toBeNull();
  expect(sent[1]).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  expect(sent[2]).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  expect(sent[2]).not.toEqual(sent[1]);
  expect(explain(failed).message).toContain(sent[2]?.split("-")[1]);
});

test("a call outside the share says that it is not recorded", async () => {
  const { client, sent } = installation({ traceShare: 0.25, random: 0.25 });
  await client.getInstallation({});
  const failed = await client.getStatus({}).catch((error: unknown) => error);
  expect(sent[1]).toMatch(/-00$/);
  expect(explain(failed).message).toBe("This is a fault of Argus. Try again; if it stays, report it.");
});
