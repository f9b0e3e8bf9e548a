import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";

import {
  type DeleteReferenceSetRequest,
  GetStatsResponseSchema,
  ReferenceSet_State,
  type CreateReferenceSetRequest,
} from "@/gen/argus/inspection/v1/inspection_pb.js";

import { Component } from "./sets-page";
import { aSet, fakeTransport, ME, renderAt, SET_ID, signIn } from "./testing";

beforeEach(signIn);

const show = (fake: Parameters<typeof fakeTransport>[0]) => renderAt("/inspect", "/inspect", <Component />, fakeTransport(fake));

describe("the list of sets", () => {
  it("shows how each stands", async () => {
    show({
      getStats: () =>
        create(GetStatsResponseSchema, {
          rows: [{ referenceSetId: SET_ID, version: 1, agreement: { falsePositives: 1, trueNegatives: 19 } }],
        }),
      listReviewQueue: () => ({ items: [{ referenceSetId: SET_ID }, { referenceSetId: SET_ID }] }),
    });
    const card = (await screen.findByRole("heading", { name: "Plates" })).closest("li")!;
    expect(within(card).getByText("Ready")).toBeInTheDocument();
    expect(await within(card).findByText("4.00")).toBeInTheDocument();
    expect(await within(card).findByText(/of 20 normal/)).toBeInTheDocument();
    expect(await within(card).findByRole("link", { name: /Review inspections of Plates: 2 to review/ })).toHaveAttribute(
      "href",
      `/inspect/review?set=${SET_ID}`,
    );
    expect(within(card).getByRole("link", { name: "Inspect with Plates" })).toHaveAttribute("href", `/inspect/run?set=${SET_ID}`);
  });

  it("shows nothing judged as not known", async () => {
    show({});
    expect(await screen.findByText("nothing judged normal")).toBeInTheDocument();
  });

  it("tells sets of others apart, and lets nobody delete those", async () => {
    show({ listReferenceSets: () => ({ referenceSets: [aSet(), aSet({ referenceSetId: ME, userId: SET_ID, displayName: "Theirs" })] }) });
    const shared = await screen.findByRole("region", { name: "Reference sets shared with you" });
    expect(within(shared).getByText("Read only")).toBeInTheDocument();
    expect(within(shared).queryByRole("button", { name: /More for/ })).toBeNull();
  });

  it("lists invitations, which are accepted and declined", async () => {
    const asked = ["Tiles", "Bottles"].map((displayName, at) => ({ invitationId: `i${String(at)}`, displayName, inviterEmail: "anna@example.org" }));
    let open = asked;
    const answered: string[] = [];
    const answer = (what: string, invitationId: string): void => {
      answered.push(`${what} ${invitationId}`);
      open = open.filter((one) => one.invitationId !== invitationId);
    };
    show({
      listReferenceSets: () => ({}),
      listShareInvitations: () => ({ invitations: open }),
      acceptShareInvitation: ({ invitationId }) => {
        answer("accept", invitationId);
        return aSet({ userId: SET_ID, displayName: "Tiles" });
      },
      declineShareInvitation: ({ invitationId }) => {
        answer("decline", invitationId);
        return {};
      },
    });
    expect(await screen.findAllByText(/anna@example.org shares the reference set/)).toHaveLength(2);
    await userEvent.click(screen.getByRole("button", { name: "Accept Tiles" }));
    await waitFor(() => expect(screen.queryByRole("button", { name: "Accept Tiles" })).toBeNull());
    await userEvent.click(screen.getByRole("button", { name: "Decline Bottles" }));
    await waitFor(() => expect(screen.queryByRole("region", { name: "Invitations" })).toBeNull());
    expect(answered).toEqual(["accept i0", "decline i1"]);
  });

  it("leads from an empty list to a set's page", async () => {
    const asked: CreateReferenceSetRequest[] = [];
    const router = show({
      listReferenceSets: () => ({}),
      createReferenceSet: (request) => {
        asked.push(request);
        return aSet({ displayName: request.displayName, state: ReferenceSet_State.EMPTY, currentVersion: 0, imageCount: 0 });
      },
    });
    await userEvent.click(await screen.findByRole("button", { name: "New reference set" }));
    await userEvent.type(await screen.findByLabelText("Name"), "  Gear housing ");
    await userEvent.click(screen.getByRole("button", { name: "Create" }));
    await waitFor(() => expect(router.state.location.pathname).toBe(`/inspect/sets/${SET_ID}/images`));
    expect(asked[0]).toMatchObject({ displayName: "Gear housing" });
    expect(asked[0]?.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("deletes only once the name was typed", async () => {
    const deleted: DeleteReferenceSetRequest[] = [];
    show({
      deleteReferenceSet: (request) => {
        deleted.push(request);
        return {};
      },
    });
    await userEvent.click(await screen.findByRole("button", { name: "More for Plates" }));
    await userEvent.click(screen.getByRole("menuitem", { name: "Delete…" }));
    const button = screen.getByRole("button", { name: "Delete the set" });
    expect(button).toBeDisabled();
    await userEvent.type(screen.getByLabelText(/Type the set's name/), "Plates");
    await userEvent.click(button);
    await waitFor(() => expect(deleted).toHaveLength(1));
    expect(await screen.findByText("Plates was deleted")).toBeInTheDocument();
  });

  it("says what went wrong", async () => {
    show({
      listReferenceSets: () => {
        throw new ConnectError("gone", Code.Internal);
      },
    });
    expect(await screen.findByRole("alert")).toHaveTextContent("Something went wrong");
  });
});
