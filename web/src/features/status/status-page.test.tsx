import { Code, ConnectError } from "@connectrpc/connect";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { act, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import { InstallationService, Part_State as State } from "@/gen/argus/installation/v1/installation_pb.js";
import { renderPage } from "@/test/render-page";

import { Component } from "./status-page";

function show() {
  const server = { away: false, search: State.SERVING as State, waiting: 0n, time: 1000 };
  const view = renderPage(Component, "/status", (router) => {
    router.service(InstallationService, {
      getStatus: () => {
        if (server.away) throw new ConnectError("down", Code.Unavailable);
        return {
          serverTime: timestampFromMs(server.time),
          parts: [
            { name: "storage", state: State.SERVING },
            { name: "search", state: server.search, message: server.search === State.SERVING ? "" : "The index does not answer." },
          ],
          queues: [{ name: "indexing", waiting: server.waiting }],
          counters: [{ name: "images_indexed", value: 7n }],
        };
      },
      getInstallation: () => ({ name: "Line 3", version: "0.4.0", limits: { images: { contentTypes: ["image/jpeg"], maxBytes: 1_000_000n } } }),
    });
  });
  return { server, ...view };
}

describe("the status page", () => {
  it("shows parts, queues, counters and limits", async () => {
    show();
    expect(await screen.findByText("Everything works")).toBeVisible();
    expect(screen.getByText("Nothing waits")).toBeVisible();
    expect(await screen.findByText("Line 3 · 0.4.0")).toBeVisible();
    expect(screen.getByText("JPEG")).toBeVisible();
    expect(screen.getByText("Search by words: no")).toBeVisible();
  });

  it("says which part does not work, in the server's words", async () => {
    const { server, client } = show();
    await screen.findByText("Everything works");
    Object.assign(server, { search: State.NOT_SERVING, waiting: 1200n, time: 4000 });
    await act(() => client.refetchQueries());
    expect(await screen.findByText("Some things do not work")).toBeVisible();
    const parts = within(screen.getByRole("list", { name: "Parts" }));
    expect(parts.getByText("The index does not answer.")).toBeVisible();
    expect(parts.getByText("Limited")).toBeVisible();
    expect(screen.getByText(/1,200 waiting/)).toBeVisible();
  });

  it("keeps what was known when nobody answers, and says so", async () => {
    const { server, client } = show();
    await screen.findByText("Everything works");
    server.away = true;
    await act(() => client.refetchQueries());
    expect(await screen.findByText("The status cannot be asked for")).toBeVisible();
    expect(screen.getByRole("list", { name: "Parts" })).toBeVisible();
    server.away = false;
    await act(() => client.refetchQueries());
    expect(await screen.findByText("Everything works")).toBeVisible();
  });

  it("copies it as text", async () => {
    const user = userEvent.setup();
    const write = vi.spyOn(navigator.clipboard, "writeText");
    show();
    await screen.findByText("Line 3 · 0.4.0");
    await user.keyboard("c");
    expect(write.mock.lastCall?.[0]).toMatch(/^Argus 0\.4\.0, [^]*- Storage: Works/);
  });
});
