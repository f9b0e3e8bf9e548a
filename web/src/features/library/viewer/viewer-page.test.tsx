import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type ConnectRouter, createRouterTransport } from "@connectrpc/connect";
import { TransportProvider } from "@connectrpc/connect-query";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, fireEvent, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { createMemoryRouter, RouterProvider } from "react-router";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { CaptureSchema, type Image, Image_State, ImageSchema, ImageService, VideoPlaceSchema } from "@/gen/argus/storage/v1/image_pb.js";
import { Video_State, VideoService } from "@/gen/argus/storage/v1/video_pb.js";
import { ErrorInfoSchema } from "@/gen/google/rpc/error_details_pb.js";
import { keyRegistry } from "@/lib/keys";
import { clearToasts, Toaster } from "@/ui/toast";

import { Component } from "./viewer-page";

const idOf = (place: number): string => `00000000-0000-4000-8000-${String(place).padStart(12, "0")}`;
const IDS = [1, 2, 3].map(idOf);

function imageOf(place: number): Image {
  return create(ImageSchema, {
    imageId: idOf(place),
    filename: `${place}.png`,
    contentType: "image/png",
    width: 900,
    height: 600,
    sizeBytes: 12_000n,
    sha256: "ab".repeat(32),
    state: Image_State.INDEXED,
    etag: "1",
    displayUrl: `http://store/images/${place}?sig`,
    previewUrl: `http://store/previews/${place}?sig`,
    contentUrl: `http://store/images/${place}?sig`,
    labels: { line: "3" },
  });
}

/** Three images; somebody else may change one meanwhile. */
class Server {
  readonly images = new Map([1, 2, 3].map((place) => [idOf(place), imageOf(place)]));
  readonly deleted = new Map<string, Image>();
  down = false;

  readonly serve = (router: ConnectRouter): void => {
    router.service(VideoService, {
      getVideo: ({ videoId }) => ({ videoId, filename: "film.webm", codec: "hevc", state: Video_State.READY, contentUrl: "http://store/images/videos/9?sig" }),
    });
    router.service(ImageService, {
      getImage: ({ imageId }) => {
        if (this.down) throw new ConnectError("the database does not answer", Code.Unavailable, undefined, [{ desc: ErrorInfoSchema, value: { reason: "DATABASE_UNAVAILABLE" } }]);
        return this.find(imageId);
      },
      batchGetImages: ({ imageIds }) => ({ images: imageIds.flatMap((id) => this.images.get(id) ?? []) }),
      updateImage: ({ image, updateMask }) => {
        const known = this.find(image?.imageId ?? "");
        if (image?.etag && image.etag !== known.etag) {
          throw new ConnectError("it was changed", Code.Aborted, undefined, [{ desc: ErrorInfoSchema, value: { reason: "ETAG_MISMATCH" } }]);
        }
        if (updateMask?.paths.includes("note")) return this.change(known.imageId, { note: image?.note ?? "" });
        if (updateMask?.paths.includes("filename")) return this.change(known.imageId, { filename: image?.filename ?? "" });
        return known;
      },
      batchUpdateLabels: ({ imageIds, set, remove }) => ({
        images: imageIds.map((id) => {
          const kept = Object.entries(this.find(id).labels).filter(([key]) => !remove.includes(key));
          return this.change(id, { labels: { ...Object.fromEntries(kept), ...set } });
        }),
      }),
      batchDeleteImages: ({ imageIds }) => {
        for (const id of imageIds) {
          this.deleted.set(id, this.find(id));
          this.images.delete(id);
        }
        return { imageIds };
      },
      batchUndeleteImages: ({ imageIds }) => ({
        images: imageIds.map((id) => {
          this.images.set(id, this.deleted.get(id)!);
          return this.find(id);
        }),
      }),
      listLabels: () => ({ keys: [{ key: "shift", imageCount: 1n, valueCount: 1n, values: [{ value: "night", imageCount: 1n }] }] }),
    });
  };

  change(id: string, changes: Partial<Pick<Image, "filename" | "labels" | "note" | "capture" | "pageCount">>): Image {
    const known = this.find(id);
    const next = create(ImageSchema, { ...known, ...changes, etag: `${Number(known.etag) + 1}` });
    this.images.set(id, next);
    return next;
  }

  find(id: string): Image {
    const image = this.images.get(id);
    if (!image) throw new ConnectError("there is no such image", Code.NotFound, undefined, [{ desc: ErrorInfoSchema, value: { reason: "IMAGE_NOT_FOUND" } }]);
    return image;
  }
}

/** Opened from a search with a list, or, without `ids`, by its address. */
function show(id: string, { server = new Server(), ids = IDS }: { server?: Server; ids?: readonly string[] | null } = {}) {
  const here = { pathname: `/library/${id}`, ...(ids && { state: { ids }, key: "opened" }) };
  const router = createMemoryRouter(
    [
      { path: "/library/:imageId", element: <Component /> },
      { path: "*", element: <p>elsewhere</p> },
    ],
    ids ? { initialEntries: ["/search?q=cat", here], initialIndex: 1 } : { initialEntries: [here] },
  );
  render(
    <TransportProvider transport={createRouterTransport(server.serve)}>
      <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
        <RouterProvider router={router} />
        <Toaster />
      </QueryClientProvider>
    </TransportProvider>,
  );
  return { router, server };
}

const heading = (name: string) => screen.findByRole("heading", { level: 1, name });
const onKey = (event: KeyboardEvent): void => void keyRegistry.handle(event);

beforeEach(() => {
  vi.spyOn(window, "matchMedia").mockImplementation((media) => ({ matches: true, media }) as MediaQueryList);
  addEventListener("keydown", onKey);
});
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
  removeEventListener("keydown", onKey);
  act(clearToasts);
});

describe("the viewer", () => {
  it("plays the video that an image is of from its second", async () => {
    const server = new Server();
    server.find(IDS[0]!).video = create(VideoPlaceSchema, { videoId: idOf(9), filename: "film.webm", timestamp: { seconds: 12n, nanos: 300_000_000 } });
    vi.spyOn(HTMLMediaElement.prototype, "play").mockResolvedValue();
    show(IDS[0]!, { server });
    await userEvent.click(await screen.findByRole("button", { name: "Play from 0:12" }));
    const player = await screen.findByLabelText<HTMLVideoElement>("film.webm, from 0:12");
    expect(player).toHaveAttribute("src", "/images/videos/9?sig");
    fireEvent.loadedMetadata(player);
    expect(player.currentTime).toBeCloseTo(12.3);
    fireEvent.error(player);
    expect(await screen.findByText(/cannot play it: its pictures are coded as hevc/)).toBeVisible();
    expect(screen.getByRole("link", { name: "Download it" })).toHaveAttribute("href", "/images/videos/9?sig");
  });

  it("shows an image, where it stands in its list, and what is known of it", async () => {
    show(IDS[1]!);
    await heading("2.png");
    expect(screen.getByText("2 of 3")).toBeVisible();
    expect(screen.getByText("900 × 600")).toBeVisible();
    expect(screen.getByRole("link", { name: "More like this" })).toHaveAttribute("href", `/search?like=${IDS[1]}`);
    expect(screen.getByRole("link", { name: "Inspections of this image" })).toHaveAttribute("href", `/inspect/history?image=${IDS[1]}`);
    expect(screen.getByRole("link", { name: "Download" })).toHaveAttribute("href", "/images/2?sig");
    expect(screen.getByRole("img", { name: "2.png" })).toHaveAttribute("src", "/images/2?sig");
    expect(document.title).toBe("2.png – Argus");
  });

  it("walks the list by keys, and goes back to where it was opened", async () => {
    const { router } = show(IDS[0]!);
    await heading("1.png");
    fireEvent.keyDown(document.body, { key: "ArrowRight" });
    await heading("2.png");
    fireEvent.keyDown(document.body, { key: "ArrowRight" });
    await heading("3.png");
    expect(screen.getByRole("button", { name: "Next image" })).toBeDisabled();
    fireEvent.keyDown(document.body, { key: "ArrowLeft" });
    await heading("2.png");
    fireEvent.keyDown(document.body, { key: "Escape" });
    await waitFor(() => expect(router.state.location.pathname + router.state.location.search).toBe("/search?q=cat"));
  });

  it("opened by its address it shows the one image, and back leads to the library", async () => {
    const { router } = show(IDS[0]!, { ids: null });
    await heading("1.png");
    expect(screen.queryByRole("button", { name: "Next image" })).toBeNull();
    fireEvent.keyDown(document.body, { key: "Escape" });
    await waitFor(() => expect(router.state.location.pathname).toBe("/library"));
  });

  it("hides the keys of what is below, and lists its own", async () => {
    cleanups.push(keyRegistry.open({ title: "Below" }, [{ keys: "a", description: "Something", run: () => undefined }]));
    show(IDS[0]!);
    await heading("1.png");
    const keys = keyRegistry.list().flatMap(({ shortcuts }) => shortcuts.map((each) => each.keys));
    expect(keys).toEqual(expect.arrayContaining(["+", "-", "0", "1", "Escape", "i", "l", "Delete", "?"]));
    expect(new Set(keyRegistry.list().map(({ title }) => title))).toEqual(new Set(["Viewer"]));
  });

  it("renames, and says so if somebody else was faster", async () => {
    const user = userEvent.setup();
    const { server } = show(IDS[0]!);
    await heading("1.png");
    const name = screen.getByRole("textbox", { name: "Name" });
    await user.clear(name);
    await user.type(name, "front.png{Enter}");
    await heading("front.png");
    expect(server.images.get(IDS[0]!)?.filename).toBe("front.png");
    server.change(IDS[0]!, { filename: "theirs.png" });
    await user.clear(name);
    await user.type(name, "mine.png{Enter}");
    await screen.findByText(/changed elsewhere meanwhile/);
    expect(name).toHaveValue("mine.png");
    await heading("theirs.png");
    await user.type(name, "{Enter}");
    await heading("mine.png");
  });

  it("writes a note, and says how the image was taken", async () => {
    const user = userEvent.setup();
    const { server } = show(IDS[0]!);
    await heading("1.png");
    expect(screen.queryByText("Camera")).toBeNull();
    const note = screen.getByRole("textbox", { name: "Note" });
    await user.type(note, "by the river{Enter}at noon{Control>}{Enter}{/Control}");
    await waitFor(() => expect(server.images.get(IDS[0]!)?.note).toBe("by the river\nat noon"));
    await user.type(note, "!{Escape}");
    expect(note).toHaveValue("by the river\nat noon");
    server.change(IDS[0]!, { note: "theirs" });
    await user.type(note, " and mine");
    await user.tab();
    await screen.findByText(/changed elsewhere meanwhile/);
    expect(note).toHaveValue("by the river\nat noon and mine");
  });

  it("says how the image was taken", async () => {
    const server = new Server();
    const capture = create(CaptureSchema, { camera: "Canon EOS R5", time: { seconds: 1_772_371_800n }, iso: 400 });
    server.change(IDS[0]!, { capture, pageCount: 3 });
    show(IDS[0]!, { server });
    await heading("1.png");
    expect(screen.getByText("Canon EOS R5")).toBeVisible();
    expect(screen.getByText("ISO 400")).toBeVisible();
    expect(screen.getByText(/its time zone is not known/)).toBeVisible();
    expect(screen.getByText("The first of 3")).toBeVisible();
  });

  it("adds and removes labels, with a way back", async () => {
    const user = userEvent.setup();
    const { server } = show(IDS[0]!);
    await heading("1.png");
    fireEvent.keyDown(document.body, { key: "l" });
    await user.type(await screen.findByRole("combobox", { name: "Label" }), "shift");
    await user.type(screen.getByRole("combobox", { name: "Value" }), "night{Enter}");
    await screen.findByRole("button", { name: "shift: night" });
    await user.click(screen.getByRole("button", { name: "Remove the label line" }));
    await waitFor(() => expect(server.images.get(IDS[0]!)?.labels).toEqual({ shift: "night" }));
    await user.click(await screen.findByRole("button", { name: "Undo" }));
    await waitFor(() => expect(server.images.get(IDS[0]!)?.labels).toEqual({ shift: "night", line: "3" }));
  });

  it("deletes, goes on to the next, and undoes that", async () => {
    const user = userEvent.setup();
    const { server } = show(IDS[1]!);
    await heading("2.png");
    fireEvent.keyDown(document.body, { key: "Delete" });
    await heading("3.png");
    expect(screen.getByText("2 of 2")).toBeVisible();
    await waitFor(() => expect(server.images.has(IDS[1]!)).toBe(false));
    await user.click(await screen.findByRole("button", { name: "Undo" }));
    await heading("2.png");
    expect(screen.getByText("2 of 3")).toBeVisible();
    expect(server.images.has(IDS[1]!)).toBe(true);
  });

  it.each([idOf(9), "nonsense"])("says that an image is not there: %s", async (id) => {
    show(id, { ids: null });
    await screen.findByText("This image is not here");
  });

  it("says what went wrong, and tries again", async () => {
    const user = userEvent.setup();
    const server = new Server();
    server.down = true;
    show(IDS[0]!, { server });
    await screen.findByText("The database does not answer. Try again in a moment.", undefined, { timeout: 10_000 });
    server.down = false;
    await user.click(screen.getByRole("button", { name: "Try again" }));
    await heading("1.png");
  });

  it("says why an image cannot be used, in place of the picture", async () => {
    const server = new Server();
    server.images.set(IDS[0]!, create(ImageSchema, { imageId: IDS[0]!, filename: "bad.png", state: Image_State.FAILED, failure: { message: "The file is damaged." } }));
    show(IDS[0]!, { server });
    expect((await screen.findAllByText(/The file is damaged. Delete it/)).length).toBeGreaterThan(0);
  });
});
