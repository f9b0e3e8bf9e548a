/** For tests: a page with a fake service behind it that speaks real messages. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createRouterTransport, type ServiceImpl, type Transport } from "@connectrpc/connect";
import { TransportProvider } from "@connectrpc/connect-query";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ReactElement } from "react";
import { createMemoryRouter, RouterProvider } from "react-router";

import { GroupSchema, GroupService } from "@/gen/argus/auth/v1/group_pb.js";
import { EmbedderService } from "@/gen/argus/embedder/v1/embedder_pb.js";
import type {
  Job_State} from "@/gen/argus/inspection/v1/inspection_pb.js";
import {
  InspectionService,
  Job_Kind,
  JobSchema,
  ReferenceSet_State,
  ReferenceSetSchema,
  VersionSchema,
} from "@/gen/argus/inspection/v1/inspection_pb.js";
import { ImageService } from "@/gen/argus/storage/v1/image_pb.js";
import { clearToasts, Toaster } from "@/ui/toast";

export const SET_ID = "0b5c7a52-1d1c-4c52-9d4e-1f3f5f2c9a01";
export const ME = "5d3bb3f0-6a53-4f0c-9c53-d4f3d2ad7a02";

export const GROUP_ID = "3c1b84a0-5c5e-4a0e-8a63-0a6f2d1c9b04";

const aGroup = create(GroupSchema, { groupId: GROUP_ID, displayName: "Line 3", memberCount: 4 });

export const aSet = (some: MessageInitShape<typeof ReferenceSetSchema> = {}) =>
  create(ReferenceSetSchema, {
    referenceSetId: SET_ID,
    userId: ME,
    displayName: "Plates",
    state: ReferenceSet_State.READY,
    currentVersion: 1,
    imageCount: 40,
    createTime: timestampNow(),
    ...some,
  });

export const aVersion = (version: number, value = 4) =>
  create(VersionSchema, {
    version,
    imageCount: 40,
    createTime: timestampNow(),
    settings: { model: "compact", size: 192 },
    threshold: {
      value,
      targetFalseAlarmRate: 0.05,
      falseAlarmRate: 0.05,
      falseAlarmRateLow: 0.01,
      falseAlarmRateHigh: 0.17,
      heldOutCount: 40,
    },
  });

export const aJob = (state: Job_State, some: MessageInitShape<typeof JobSchema> = {}) =>
  create(JobSchema, {
    jobId: "7e0b8f51-37d3-43b3-b4a5-6c0f7f0b5c03",
    referenceSetId: SET_ID,
    kind: Job_Kind.CALIBRATION,
    state,
    createTime: timestampNow(),
    targetFalseAlarmRate: 0.05,
    ...some,
  });

/** What is not said answers with nothing. */
export function fakeTransport(inspection: Partial<ServiceImpl<typeof InspectionService>>): Transport {
  return createRouterTransport(({ service }) => {
    service(InspectionService, {
      listReferenceSets: () => ({ referenceSets: [aSet()] }),
      getReferenceSet: () => aSet(),
      listVersions: () => ({ versions: [aVersion(1)] }),
      listReferenceImages: () => ({}),
      listProposedImages: () => ({}),
      listReviewQueue: () => ({}),
      listJobs: () => ({}),
      getStats: () => ({}),
      listShareInvitations: () => ({}),
      getResultSink: () => {
        throw new ConnectError("they are not sent on", Code.NotFound);
      },
      ...inspection,
    });
    service(GroupService, { listGroups: () => ({ groups: [aGroup] }) });
    service(EmbedderService, { listModels: () => ({ models: [{ model: "compact", default: true, patches: { size: 192 } }] }) });
    service(ImageService, { listImages: () => ({}), listLabels: () => ({}) });
  });
}

/** Signed in as `ME`, as the session keeps it, and with nothing left of others. */
export function signIn(): void {
  clearToasts();
  localStorage.setItem(
    "argus.session",
    JSON.stringify({
      accessToken: "token",
      refreshToken: "refresh",
      expiresAt: Date.now() + 3_600_000,
      account: { userId: ME, email: "vera@example.org", displayName: "Vera", createTime: "" },
    }),
  );
  // Other tabs tell so, and the session listens.
  dispatchEvent(new StorageEvent("storage", { key: "argus.session", storageArea: localStorage }));
}

export function renderAt(path: string, pattern: string, element: ReactElement, transport: Transport) {
  const router = createMemoryRouter(
    [
      { path: pattern, element },
      { path: "*", element: <p>elsewhere</p> },
    ],
    { initialEntries: [path] },
  );
  render(
    <TransportProvider transport={transport}>
      <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
        <RouterProvider router={router} />
        <Toaster />
      </QueryClientProvider>
    </TransportProvider>,
  );
  return router;
}
