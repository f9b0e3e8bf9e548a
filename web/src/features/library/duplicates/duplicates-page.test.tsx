import { Code, ConnectError } from "@connectrpc/connect";
import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it } from "vitest";

import { DuplicateCluster_Kind as Kind, DuplicatesProgress_Stage as Stage, type FindDuplicatesRequest } from "@/gen/argus/search/v1/duplicates_pb.js";
import { SearchService } from "@/gen/argus/search/v1/search_pb.js";
import { renderPage } from "@/test/render-page";
import { clearToasts, Toaster } from "@/ui/toast";

import { FakeImages, imagesUpTo } from "../images/fake-images";
import { Component } from "./duplicates-page";

function Shown() {
  return (
    <>
      <Component />
      <Toaster />
    </>
  );
}

/** Pairs of images: 0 and 1, 2 and 3, and so on. */
function show(count: number, { path = "/library/duplicates", fail }: { path?: string; fail?: (call: number) => ConnectError | undefined } = {}) {
  const asked: FindDuplicatesRequest[] = [];
  const fake = new FakeImages(imagesUpTo(2 * count));
  const images = [...fake.images.values()];
  const view = renderPage(Shown, path, (router) => {
    fake.services(router);
    router.service(SearchService, {
      // eslint-disable-next-line @typescript-eslint/require-await -- a stream that waits for nothing
      findDuplicates: async function* (request) {
        asked.push(request);
        const error = fail?.(asked.length);
        if (error) throw error;
        yield { event: { case: "progress", value: { stage: Stage.READING, doneCount: 3n } } };
        yield {
          event: { case: "summary", value: { imageCount: BigInt(images.length), clusterCount: BigInt(count), duplicateCount: BigInt(count), duplicateBytes: 2_000_000n, withoutEmbeddingCount: 1n } },
        };
        const begin = Number(request.afterCursor);
        for (let at = begin; at < Math.min(count, begin + request.limit); at += 1) {
          const pair = images.slice(2 * at, 2 * at + 2);
          yield { event: { case: "cluster", value: { kind: Kind.NEAR, imageCount: 2, images: pair.map((image) => ({ image, distance: 2 })) } }, cursor: String(at + 1) };
        }
      },
    });
  });
  return { asked, fake, ...view };
}

const groups = () => screen.findAllByRole("heading", { level: 2 });

afterEach(() => act(clearToasts));

describe("the duplicates page", () => {
  it("shows groups, the best first, and what the others take", async () => {
    const { asked } = show(2);
    expect((await groups()).map((one) => one.textContent)).toEqual(["2 images, the same picture", "2 images, the same picture"]);
    expect(screen.getByText(/2 duplicates in 2 groups, 2 MB\. 1 image not indexed yet/)).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Keep 0.jpg" })).toHaveAttribute("aria-pressed", "true");
    expect(screen.getByRole("button", { name: "Keep 1.jpg" })).toHaveAttribute("aria-pressed", "false");
    expect(screen.getAllByText("2 bits apart")).toHaveLength(2);
    expect(asked[0]?.kinds).toEqual([Kind.EXACT, Kind.NEAR]);
  });

  it("moves what was chosen to the trash, and brings it back", async () => {
    const { fake } = show(2);
    const user = userEvent.setup();
    await groups();
    await user.click(screen.getByRole("button", { name: "Keep 1.jpg" }));
    await user.click(screen.getByRole("button", { name: "Keep 0.jpg" }));
    await user.click(screen.getByRole("button", { name: "Move 1 image to the trash, like 0.jpg" }));
    await waitFor(() => expect(fake.asked("delete")).toBe(1));
    expect(screen.getAllByRole("heading", { level: 2 })).toHaveLength(1);
    expect(fake.calls.find(({ method }) => method === "delete")?.request).toMatchObject({ imageIds: [[...fake.images.keys()][0]] });
    await user.click(await screen.findByRole("button", { name: "Undo" }));
    await waitFor(() => expect(screen.getAllByRole("heading", { level: 2 })).toHaveLength(2));
    expect(fake.asked("undelete")).toBe(1);
  });

  it("never empties a group", async () => {
    show(1);
    const user = userEvent.setup();
    await groups();
    await user.click(screen.getByRole("button", { name: "Keep 0.jpg" }));
    expect(screen.getByText("Keep at least one of them.")).toBeInTheDocument();
    for (const button of screen.getAllByRole("button", { name: /^Move/ })) expect(button).toBeDisabled();
  });

  it("moves all but the best at once, and says when nothing is left", async () => {
    const { fake } = show(3);
    const user = userEvent.setup();
    await groups();
    await user.click(screen.getByRole("button", { name: "Move 3 images to the trash" }));
    expect(await screen.findByText("All duplicates are dealt with")).toBeInTheDocument();
    await waitFor(() => expect(fake.asked("delete")).toBe(1));
  });

  it("shows more behind what is there", async () => {
    const { asked } = show(50);
    const user = userEvent.setup();
    expect(await groups()).toHaveLength(40);
    await user.click(await screen.findByRole("button", { name: "Show more" }));
    await waitFor(() => expect(screen.getAllByRole("heading", { level: 2 })).toHaveLength(50));
    expect(asked[1]?.afterCursor).toBe("40");
    expect(screen.queryByRole("button", { name: "Show more" })).toBeNull();
  });

  it("asks anew for other kinds, and says so in the address", async () => {
    const { asked, router } = show(1);
    const user = userEvent.setup();
    await groups();
    await user.click(within(screen.getByRole("group", { name: "What counts as the same" })).getByRole("button", { name: "Alike" }));
    await waitFor(() => expect(asked.at(-1)?.kinds).toEqual([Kind.EXACT, Kind.NEAR, Kind.ALIKE]));
    expect(router.state.location.search).toBe("?kinds=exact%2Cnear%2Calike");
  });

  it("says why there are none to see, and tries again", async () => {
    show(1, { fail: (call) => (call === 1 ? new ConnectError("down", Code.Unavailable) : undefined) });
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: "Try again" }));
    expect(await groups()).toHaveLength(1);
  });

  it("says that there are none", async () => {
    show(0);
    expect(await screen.findByText("No duplicates")).toBeInTheDocument();
  });
});
