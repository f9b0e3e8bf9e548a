import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";

import {
  type CalibrateReferenceSetRequest,
  ExportFeedbackRequest_Format,
  GetScoreHistogramResponseSchema,
  Job_State,
  Member_Role,
  type PreviewThresholdRequest,
  PreviewThresholdResponseSchema,
  ReferenceSet_State,
  type RenameReferenceSetRequest,
  type SetThresholdRequest,
  type ShareReferenceSetRequest,
  type UnshareReferenceSetRequest,
  type UseVersionRequest,
} from "@/gen/argus/inspection/v1/inspection_pb.js";

import { Component } from "./set-page";
import type { Tab } from "./paths";
import { aJob, aSet, aVersion, fakeTransport, GROUP_ID, renderAt, SET_ID, signIn } from "./testing";

beforeEach(signIn);

const show = (tab: Tab, fake: Parameters<typeof fakeTransport>[0]) =>
  renderAt(`/inspect/sets/${SET_ID}/${tab}`, "/inspect/sets/:setId/:tab?", <Component />, fakeTransport(fake));
const OTHER = "9a4f1f5e-8f0c-4b0a-9f43-3c1a5b6f0d04";

it("keeps the tab in the address", async () => {
  const router = show("images", {});
  await userEvent.click(await screen.findByRole("tab", { name: "Versions" }));
  expect(router.state.location.pathname).toBe(`/inspect/sets/${SET_ID}/versions`);
  expect(await screen.findByRole("region", { name: "Versions" })).toBeInTheDocument();
});

it("renames a set, not to nothing and not to what it is called", async () => {
  const asked: RenameReferenceSetRequest[] = [];
  show("images", {
    getReferenceSet: () => aSet({ displayName: asked.at(-1)?.displayName ?? "Plates" }),
    renameReferenceSet: (request) => {
      asked.push(request);
      return aSet({ displayName: request.displayName });
    },
  });
  await userEvent.click(await screen.findByRole("button", { name: "More for this set" }));
  await userEvent.click(screen.getByRole("menuitem", { name: "Rename the set…" }));
  const name = screen.getByLabelText("Name");
  const button = screen.getByRole("button", { name: "Rename" });
  expect(name).toHaveValue("Plates");
  expect(button).toBeDisabled();
  await userEvent.clear(name);
  expect(button).toBeDisabled();
  await userEvent.type(name, " Zähler 2 {Enter}");
  expect(await screen.findByRole("heading", { name: /Zähler 2/ })).toBeInTheDocument();
  expect(asked).toMatchObject([{ referenceSetId: SET_ID, displayName: "Zähler 2" }]);
});

it("says that a set does not exist", async () => {
  show("images", {
    getReferenceSet: () => {
      throw new ConnectError("there is no such set", Code.NotFound);
    },
  });
  expect(await screen.findByRole("alert")).toHaveTextContent("Not found");
});

describe("calibrating", () => {
  it("starts with sane settings and follows the job to its end", async () => {
    const asked: CalibrateReferenceSetRequest[] = [];
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    show("calibrate", {
      getReferenceSet: () => aSet({ state: ReferenceSet_State.EMPTY, currentVersion: 0 }),
      calibrateReferenceSet: (request) => {
        asked.push(request);
        return aJob(Job_State.QUEUED);
      },
      watchJob: async function* () {
        yield { job: aJob(Job_State.RUNNING, { stage: "takes features", imagesDone: 10, imagesTotal: 40 }), cursor: "a" };
        await finished;
        yield { job: aJob(Job_State.SUCCEEDED, { result: { case: "version", value: 1 } }), cursor: "b" };
      },
    });
    await userEvent.click(await screen.findByRole("button", { name: "Calibrate" }));
    const progress = await screen.findByRole("region", { name: "Calibration" });
    expect(await within(progress).findByText("Takes features")).toBeInTheDocument();
    expect(within(progress).getByText("10 of 40 images")).toBeInTheDocument();
    expect(asked[0]).toMatchObject({ targetFalseAlarmRate: 0.01, fromScratch: false });
    finish();
    expect(await screen.findByText("Made version 1, which is in use.")).toBeInTheDocument();
  });

  it("goes on showing one that was under way before", async () => {
    show("calibrate", {
      listJobs: () => ({ jobs: [aJob(Job_State.RUNNING, { stage: "builds the coreset" })] }),
      watchJob: async function* (_request, { signal }) {
        yield { job: aJob(Job_State.RUNNING, { stage: "builds the coreset" }), cursor: "a" };
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
    });
    expect(await screen.findByText("Builds the coreset")).toBeInTheDocument();
    expect(await screen.findByText(/a set has one at a time/)).toBeInTheDocument();
  });

  it("is the owner's", async () => {
    show("calibrate", { getReferenceSet: () => aSet({ userId: OTHER }) });
    expect(await screen.findByText(/Only the owner of this set may change it/)).toBeInTheDocument();
    expect(screen.queryByRole("button", { name: "Calibrate" })).toBeNull();
  });
});

describe("the threshold", () => {
  const histogram = create(GetScoreHistogramResponseSchema, {
    version: 1,
    threshold: aVersion(1).threshold!,
    edges: [0, 2, 4, 6, 8],
    heldOut: [20, 18, 2, 0],
    recent: [10, 6, 4, 2],
    judgedNormal: [2, 1, 0, 0],
    judgedDefective: [0, 0, 1, 2],
    heldOutCount: 40,
    recentCount: 22,
  });
  const fake = (asked: { previews: PreviewThresholdRequest[]; set: SetThresholdRequest[]; used: UseVersionRequest[] }) => ({
    getScoreHistogram: () => histogram,
    previewThreshold: (request: PreviewThresholdRequest) => {
      asked.previews.push(request);
      const value = request.thresholds[0] ?? 6.5;
      return create(PreviewThresholdResponseSchema, {
        version: 1,
        recentCount: 22,
        threshold: aVersion(1).threshold!,
        previews: [{ threshold: aVersion(1, value).threshold!, becomeNormal: value > 4 ? 3 : 0 }],
      });
    },
    setThreshold: (request: SetThresholdRequest) => {
      asked.set.push(request);
      return aVersion(2, 6.5);
    },
    useVersion: (request: UseVersionRequest) => {
      asked.used.push(request);
      return aSet();
    },
  });
  const nothing = () => ({ previews: [] as PreviewThresholdRequest[], set: [] as SetThresholdRequest[], used: [] as UseVersionRequest[] });

  it("says what another one would flip, makes it a version, and goes back", async () => {
    const asked = nothing();
    show("threshold", fake(asked));
    const field = await screen.findByLabelText("Threshold, as a score");
    expect(screen.getByRole("slider", { name: "Threshold" })).toHaveValue("4");
    await userEvent.clear(field);
    await userEvent.type(field, "6.5");
    expect(await screen.findByRole("heading", { name: "At 6.50, instead of 4.00" })).toBeInTheDocument();
    const changes = screen.getByRole("region", { name: "What it would change" });
    // At once about that many, then exactly.
    await waitFor(() => expect(within(changes).getByText("3")).toBeInTheDocument());
    const use = screen.getByRole("button", { name: "Use this threshold" });
    await waitFor(() => expect(use).toBeEnabled());
    await userEvent.click(use);
    await waitFor(() => expect(asked.set[0]?.threshold).toEqual({ case: "value", value: 6.5 }));
    await userEvent.click(await screen.findByRole("button", { name: "Undo" }));
    await waitFor(() => expect(asked.used[0]?.version).toBe(1));
  });

  it("takes a target rate, and stores it as one", async () => {
    const asked = nothing();
    show("threshold", fake(asked));
    const field = await screen.findByLabelText(/Or a target false-alarm rate/);
    await waitFor(() => expect(field).toHaveValue("5"));
    await userEvent.clear(field);
    await userEvent.type(field, "2");
    await waitFor(() => expect(asked.previews.at(-1)?.targetFalseAlarmRates).toEqual([0.02]));
    await waitFor(() => expect(screen.getByRole("slider")).toHaveValue("6.5"));
    await userEvent.click(screen.getByRole("button", { name: "Use this threshold" }));
    await waitFor(() => expect(asked.set[0]?.threshold).toEqual({ case: "targetFalseAlarmRate", value: 0.02 }));
  });

  it("has its numbers as a table too", async () => {
    show("threshold", fake(nothing()));
    const table = await screen.findByRole("table", { name: /Counts by score/, hidden: true });
    expect(within(table).getAllByRole("row", { hidden: true })).toHaveLength(5);
    expect(screen.getByRole("img", { name: /40 held-out normal images above, 22 recent inspections below, 3 of them judged normal and 3 defective/ })).toBeInTheDocument();
  });

  it("may be tried by others, not set", async () => {
    show("threshold", { ...fake(nothing()), getReferenceSet: () => aSet({ userId: OTHER }) });
    expect(await screen.findByRole("slider")).toBeEnabled();
    expect(screen.queryByRole("button", { name: "Use this threshold" })).toBeNull();
    expect(screen.getByText(/You may try what others would change/)).toBeInTheDocument();
  });
});

describe("sharing", () => {
  it("invites an address with a role, changes it, and takes it back", async () => {
    const shared: ShareReferenceSetRequest[] = [];
    const unshared: UnshareReferenceSetRequest[] = [];
    const invited = (role: Member_Role) => aSet({ invitations: [{ invitationId: OTHER, email: "anna@example.org", role }] });
    show("share", {
      shareReferenceSet: (request) => {
        shared.push(request);
        return invited(request.role);
      },
      unshareReferenceSet: (request) => {
        unshared.push(request);
        return aSet();
      },
    });
    const field = await screen.findByLabelText("Email address");
    await userEvent.type(field, "Vera@example.org");
    expect(await screen.findByText("This is you.")).toBeInTheDocument();
    await userEvent.clear(field);
    await userEvent.type(field, "Anna@example.org");
    await userEvent.click(screen.getByRole("button", { name: "Invite" }));
    expect(await screen.findByText("· invited")).toBeInTheDocument();
    await userEvent.selectOptions(screen.getByLabelText("Role of anna@example.org"), "Viewer");
    await waitFor(() => expect(shared.map((each) => each.role)).toEqual([Member_Role.INSPECTOR, Member_Role.VIEWER]));
    expect(shared.map((each) => each.emails)).toEqual([["anna@example.org"], ["anna@example.org"]]);
    await userEvent.click(screen.getByRole("button", { name: "Stop sharing with anna@example.org" }));
    await waitFor(() => expect(unshared[0]).toMatchObject({ emails: ["anna@example.org"], userIds: [], groupIds: [] }));
    expect(await screen.findByText(/Nobody yet/)).toBeInTheDocument();
  });

  it("shares with a group, by its name", async () => {
    const shared: ShareReferenceSetRequest[] = [];
    show("share", {
      shareReferenceSet: (request) => {
        shared.push(request);
        return aSet({ members: [{ userId: OTHER, role: Member_Role.VIEWER }], groups: [{ groupId: GROUP_ID, role: request.role }] });
      },
    });
    await userEvent.selectOptions(await screen.findByLabelText("Role of the group"), "Viewer");
    await userEvent.click(screen.getByRole("button", { name: "Share with the group" }));
    expect(await screen.findByText("· group")).toBeInTheDocument();
    expect(shared[0]).toMatchObject({ groupIds: [GROUP_ID], role: Member_Role.VIEWER });
    expect(screen.getByLabelText("Role of Line 3")).toHaveValue(String(Member_Role.VIEWER));
    expect(screen.getByLabelText(`Role of ${OTHER}`)).toBeInTheDocument();
    expect(screen.queryByRole("button", { name: "Share with the group" })).toBeNull();
  });

  it("lets a guest give the set up", async () => {
    const left: string[] = [];
    show("share", {
      getReferenceSet: () => aSet({ userId: OTHER }),
      leaveReferenceSet: ({ referenceSetId }) => {
        left.push(referenceSetId);
        return {};
      },
    });
    await userEvent.click(await screen.findByRole("button", { name: "Give this set up" }));
    expect(await screen.findByText("elsewhere")).toBeInTheDocument();
    expect(left).toEqual([SET_ID]);
  });
});

describe("statistics", () => {
  it("are honest where nothing was judged", async () => {
    show("statistics", { getStats: () => ({ inspected: 12n, anomalous: 2n, rows: [{ referenceSetId: SET_ID, version: 1, inspected: 12n, day: { year: 2026, month: 3, day: 2 } }] }) });
    expect(await screen.findByText(/Nobody has judged these inspections yet/)).toBeInTheDocument();
    const agreement = screen.getByRole("region", { name: "Agreement with people" });
    expect(within(agreement).getAllByText("—")).toHaveLength(3);
    expect(within(agreement).queryByText(/^0\s?%$/)).toBeNull();
    expect(screen.getByText("Too few inspections to tell")).toBeInTheDocument();
  });

  it("warn of drift in words", async () => {
    show("statistics", {
      getStats: () => ({
        inspected: 200n,
        drift: [{ referenceSetId: SET_ID, version: 1, recentCount: 200, medianRatio: 1.4, distance: 0.5, pValue: 0.00001, warning: true }],
      }),
    });
    expect(await screen.findByRole("alert")).toHaveTextContent(/Scores have risen.*40\s?% higher.*p < 0.001/);
  });
});

describe("a version as a file", () => {
  it("asks for that version, and says why it failed", async () => {
    let asked = 0;
    show("versions", {
      // eslint-disable-next-line @typescript-eslint/require-await -- it fails before it gives anything
      exportVersion: async function* (request) {
        asked = request.version;
        throw new ConnectError("gone", Code.Internal);
      },
    });
    await userEvent.click(await screen.findByRole("button", { name: "Export version 1" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("This is a fault of Argus");
    expect(asked).toBe(1);
  });
});

describe("export", () => {
  it("says why it failed", async () => {
    show("export", {
      // eslint-disable-next-line @typescript-eslint/require-await -- it fails before it gives anything
      exportFeedback: async function* () {
        throw new ConnectError("gone", Code.Internal);
      },
    });
    await userEvent.click(await screen.findByRole("button", { name: "Export as CSV" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("This is a fault of Argus");
  });
});

const foundOf = (found: number, findsAlmostNothing = false) => {
  const share = { value: found / 40, low: 0.1, high: 0.9 };
  return { painted: 40, found, share, sizes: [{ sizePx: 8, painted: 40, found, share, clearShare: share }], findsAlmostNothing };
};

describe("what is found of painted defects", () => {
  it("is shown by size, with a warning if a threshold is useless", async () => {
    show("threshold", {
      getScoreHistogram: () => ({ version: 1, threshold: { value: 4 }, edges: [0, 8], heldOut: [40], recent: [0], judgedNormal: [0], judgedDefective: [0], heldOutCount: 40 }),
      previewThreshold: () => ({ version: 1, threshold: { value: 4 }, sensitivity: foundOf(1, true), previews: [{ threshold: { value: 4 }, sensitivity: foundOf(1, true) }] }),
    });
    const table = await screen.findByRole("table", { name: "Painted defects found, by size" });
    expect(within(table).getByRole("row", { name: /^8 px.*1 of 40, 95.*10 to 90/ })).toBeInTheDocument();
    expect(screen.getByRole("note")).toHaveTextContent("finds 1 of 40 of them");
  });

  it("is warned of on every part of the set", async () => {
    show("export", { getReferenceSet: () => aSet({ sensitivity: foundOf(0, true) }) });
    expect(await screen.findByRole("link", { name: "Finds almost no defects" })).toBeInTheDocument();
  });
});

it("a report is of the version that is chosen", async () => {
  const asked: { format: ExportFeedbackRequest_Format; version: number }[] = [];
  show("export", {
    // eslint-disable-next-line @typescript-eslint/require-await -- it fails before it gives anything
    exportFeedback: async function* ({ format, version }) {
      asked.push({ format, version });
      throw new ConnectError("gone", Code.Internal);
    },
  });
  await userEvent.click(await screen.findByRole("button", { name: "Report as PDF" }));
  await screen.findByRole("alert");
  expect(asked).toEqual([{ format: ExportFeedbackRequest_Format.PDF, version: 0 }]);
});
