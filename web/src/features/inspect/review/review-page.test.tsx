import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { TransportProvider } from "@connectrpc/connect-query";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import { createMemoryRouter, RouterProvider } from "react-router";
import { describe, expect, it } from "vitest";

import {
  Feedback_Action as Action,
  FeedbackSchema,
  InspectionService,
  InspectResponse_Verdict as Verdict,
  InspectResponseSchema,
  PastInspectionSchema,
  ReviewItem_Reason as Reason,
  ReviewItemSchema,
} from "@/gen/argus/inspection/v1/inspection_pb.js";
import { ImagePreviewSchema } from "@/gen/argus/storage/v1/image_pb.js";
import { keyRegistry } from "@/lib/keys";
import { Toaster } from "@/ui/toast";

import { Component } from "./review-page";

const uuidOf = (at: number): string => `00000000-0000-4000-8000-00000000000${at}`;

/** A queue of so many items; judging one takes it out. */
function fake(count: number, refuse: (inspectionId: string) => boolean = () => false) {
  const calls: string[] = [];
  let waiting = Array.from({ length: count }, (_, at) =>
    create(ReviewItemSchema, {
      inspectionId: uuidOf(at),
      imageId: uuidOf(at),
      verdict: Verdict.NORMAL,
      score: 0.9,
      threshold: 1,
      uncertainty: 0.9,
      reason: Reason.NEAR_THRESHOLD,
      preview: create(ImagePreviewSchema, { imageId: uuidOf(at), filename: `part-${at}.png`, width: 40, height: 30 }),
    }),
  );
  const held = new Set<string>();
  const transport = createRouterTransport(({ service }) => {
    service(InspectionService, {
      listReferenceSets: () => ({}),
      listFeedback: () => ({}),
      listReviewQueue: () => ({ items: waiting }),
      claimReviewItems: ({ limit }) => {
        const items = waiting.filter((item) => !held.has(item.inspectionId)).slice(0, limit);
        for (const item of items) held.add(item.inspectionId);
        return { claimId: items.length > 0 ? uuidOf(9) : "", items };
      },
      releaseReviewItems: () => {
        held.clear();
        calls.push("release");
        return {};
      },
      getInspection: ({ inspectionId }) => {
        const item = waiting.find((each) => each.inspectionId === inspectionId);
        const inspection = create(InspectResponseSchema, { inspectionId, verdict: Verdict.NORMAL, score: 0.9, threshold: 1, pValue: 0.2, version: 1 });
        return create(PastInspectionSchema, { inspection, ...(item?.preview && { preview: item.preview }) });
      },
      submitFeedback: ({ inspectionId, action, note }) => {
        if (refuse(inspectionId)) throw new ConnectError("down", Code.Unavailable);
        calls.push(`${Action[action]} ${inspectionId.at(-1)} ${note}`.trim());
        waiting = waiting.filter((item) => item.inspectionId !== inspectionId);
        return create(FeedbackSchema, { feedbackId: inspectionId });
      },
      deleteFeedback: ({ feedbackId }) => {
        calls.push(`take back ${feedbackId.at(-1)}`);
        return {};
      },
      unskipReviewItem: () => ({}),
      skipReviewItem: ({ inspectionId }) => {
        calls.push(`skip ${inspectionId.at(-1)}`);
        return {};
      },
    });
  });
  return { transport, calls };
}

function show(transport: ReturnType<typeof fake>["transport"]) {
  const router = createMemoryRouter([{ path: "/inspect/review", element: <Component /> }, { path: "*", element: null }], { initialEntries: ["/inspect/review"] });
  return render(
    <TransportProvider transport={transport}>
      <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
        <RouterProvider router={router} />
        <Toaster />
      </QueryClientProvider>
    </TransportProvider>,
  );
}

const press = (key: string, ctrlKey = false): void => void keyRegistry.handle(new KeyboardEvent("keydown", { key, ctrlKey }));
const onScreen = (name: string) => screen.findByRole("group", { name });

describe("the review page", () => {
  it("goes from item to item by keys, and back by undo", async () => {
    const { transport, calls } = fake(4);
    show(transport);
    await onScreen("part-0.png");
    expect(screen.getByText(/Close to the threshold/)).toBeInTheDocument();
    press("a");
    await onScreen("part-1.png");
    press("n");
    await onScreen("part-2.png");
    press("s");
    await onScreen("part-3.png");
    await waitFor(() => expect(calls).toEqual(expect.arrayContaining(["CONFIRM_ANOMALY 0", "MARK_NORMAL 1", "skip 2"])));
    press("z", true);
    await onScreen("part-2.png");
    press("z", true);
    await onScreen("part-1.png");
    await waitFor(() => expect(calls).toContain("take back 1"));
  });

  it("says that a verdict was not kept, and shows the image again", async () => {
    const { transport } = fake(2, (id) => id === uuidOf(0));
    show(transport);
    await onScreen("part-0.png");
    press("n");
    await screen.findByText(/Not kept: marked normal/);
    await onScreen("part-1.png");
    press("s");
    await onScreen("part-0.png");
    expect(screen.getByText(/was not kept. Say it again/)).toBeInTheDocument();
  });

  it("says what is next when everything is judged", async () => {
    const { transport } = fake(1);
    show(transport);
    await onScreen("part-0.png");
    press("n");
    await screen.findByRole("heading", { name: "All reviewed" });
    expect(screen.getByRole("link", { name: /Calibrate/ })).toHaveAttribute("href", "/inspect");
  });

  it("says what fills the queue when there is nothing in it", async () => {
    const { transport } = fake(0);
    show(transport);
    await screen.findByRole("heading", { name: "Nothing to review" });
  });

  it("gives back what it held when one leaves", async () => {
    const { transport, calls } = fake(3);
    const { unmount } = show(transport);
    await onScreen("part-0.png");
    unmount();
    await waitFor(() => expect(calls).toContain("release"));
  });
});
