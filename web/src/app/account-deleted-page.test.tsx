import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { screen } from "@testing-library/react";
import { expect, it } from "vitest";

import { AccountDeletion_State, AuthService } from "@/gen/argus/auth/v1/auth_pb.js";
import { renderPage } from "@/test/render-page";

import { AccountDeleted } from "./account-deleted-page";

const auth = createClient(
  AuthService,
  createRouterTransport((router) => {
    router.service(AuthService, {
      getAccountDeletion: ({ deletionId }) => {
        if (deletionId !== "d1") throw new ConnectError("there is no deletion with this id", Code.NotFound);
        return { deletionId, state: AccountDeletion_State.REMOVED, reports: [{ service: "storage", removed: { images: 1200n } }] };
      },
    });
  }),
);

const Page = () => <AccountDeleted auth={auth} />;

it("says what was removed, to whoever has the id", async () => {
  renderPage(Page, "/account-deleted?id=d1", () => undefined);
  expect(await screen.findByText("Everything that it had is removed.")).toBeInTheDocument();
  expect(screen.getByText("images")).toBeInTheDocument();
  expect(screen.getByText("d1")).toBeInTheDocument();
});

it("says that there is no such deletion", async () => {
  renderPage(Page, "/account-deleted?id=d2", () => undefined);
  expect(await screen.findByRole("alert")).toBeInTheDocument();
  expect(screen.queryByText("Everything that it had is removed.")).toBeNull();
});
