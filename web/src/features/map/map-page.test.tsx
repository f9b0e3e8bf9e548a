import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { act, fireEvent, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it } from "vitest";

import { InstallationService } from "@/gen/argus/installation/v1/installation_pb.js";
import { type GetMapRequest, GetMapResponse_State as State, SearchService } from "@/gen/argus/search/v1/search_pb.js";
import { ImageService } from "@/gen/argus/storage/v1/image_pb.js";
import { renderPage } from "@/test/render-page";
import { forgetSelections } from "@/ui/use-selection";

import { Component } from "./map-page";
import { bytesOf } from "./points";

const idOf = (place: number): string => `00000000-0000-4000-8000-${String(place).padStart(12, "0")}`;

/** Images in a row from the upper left to the lower right corner. */
function packed(places: readonly number[], of: number) {
  const points = new DataView(new ArrayBuffer(places.length * 8));
  places.forEach((place, index) => {
    points.setFloat32(index * 8, place / (of - 1), true);
    points.setFloat32(index * 8 + 4, place / (of - 1), true);
  });
  return {
    imageIds: Uint8Array.from(places.flatMap((place) => [...bytesOf(idOf(place))!])),
    points: new Uint8Array(points.buffer),
    imageCount: places.length,
  };
}

const all = (count: number): number[] => Array.from({ length: count }, (_, place) => place);

interface Fakes {
  count?: number;
  state?: () => State;
  fail?: () => ConnectError | undefined;
}

function show(path: string, { count = 11, state = () => State.READY, fail }: Fakes = {}) {
  const asked: GetMapRequest[] = [];
  const view = renderPage(Component, path, (router: ConnectRouter) => {
    router.service(SearchService, {
      getMap: (request) => {
        asked.push(request);
        const error = fail?.();
        if (error) throw error;
        if (state() === State.BUILDING) return { state: State.BUILDING };
        const places = request.filter === "" ? all(count) : all(count).filter((place) => place % 2 === 0);
        return { state: state(), version: "v1", model: "compact", ...packed(places, count) };
      },
    });
    router.service(ImageService, {
      batchGetImages: ({ imageIds }) => ({ images: imageIds.map((imageId) => ({ imageId, filename: `${Number(imageId.slice(-12))}.jpg` })) }),
      listLabels: () => ({ keys: [{ key: "kind", imageCount: 6n, valueCount: 1n, values: [{ value: "even", imageCount: 6n }] }] }),
    });
    router.service(InstallationService, { getInstallation: () => ({}) });
  });
  return { asked, ...view };
}

/** Elements begin at 0, 0; the map is 1000 × 800 and its unit 720 pixels. */
const pixel = (place: number) => ({ clientX: 500 + (place / 10 - 0.5) * 720, clientY: 400 + (place / 10 - 0.5) * 720 });

/** A region that is drawn from one image to another, with room around. */
function draw(stage: HTMLElement, from: number, to: number): void {
  const [begin, end] = [pixel(from), pixel(to)];
  const corners = [
    { clientX: begin.clientX - 20, clientY: begin.clientY - 20 },
    { clientX: end.clientX, clientY: end.clientY },
    { clientX: end.clientX + 20, clientY: end.clientY + 20 },
  ] as const;
  const pointer = { pointerId: 1, pointerType: "mouse", button: 0 };
  fireEvent.pointerDown(stage, { ...pointer, ...corners[0] });
  fireEvent.pointerMove(stage, { ...pointer, ...corners[1] });
  fireEvent.pointerMove(stage, { ...pointer, ...corners[2] });
  fireEvent.pointerUp(stage, { ...pointer, ...corners[2] });
}

afterEach(() => {
  act(forgetSelections);
  sessionStorage.clear();
});

describe("the map page", () => {
  it("lists the images in a box that is drawn, and selects them", async () => {
    show("/map");
    const stage = await screen.findByRole("application", { name: "Map of your images" });
    await userEvent.click(screen.getByRole("radio", { name: "Box" }));
    draw(stage, 2, 4);
    expect(await screen.findByText("3 in the region")).toBeVisible();
    expect(await screen.findAllByRole("gridcell", { name: /^[234]\.jpg$/ })).toHaveLength(3);
    await userEvent.click(screen.getByRole("button", { name: "Select all" }));
    expect(screen.getAllByRole("gridcell", { selected: true })).toHaveLength(3);
    await userEvent.click(screen.getByRole("button", { name: "Close the list" }));
    expect(screen.queryByRole("complementary")).toBeNull();
  });

  it("keeps the region for whoever comes back", async () => {
    const { router } = show("/map");
    const stage = await screen.findByRole("application");
    await userEvent.click(screen.getByRole("radio", { name: "Box" }));
    draw(stage, 2, 4);
    await screen.findByText("3 in the region");
    await act(() => router.navigate("/elsewhere"));
    await act(() => router.navigate(-1));
    expect(await screen.findByText("3 in the region")).toBeVisible();
  });

  it("opens the image that is pressed", async () => {
    const { router } = show("/map");
    const stage = await screen.findByRole("application");
    const pointer = { pointerId: 1, pointerType: "mouse", button: 0, ...pixel(7) };
    fireEvent.pointerDown(stage, pointer);
    fireEvent.pointerUp(stage, pointer);
    expect(router.state.location.pathname).toBe(`/library/${idOf(7)}`);
  });

  const tap = (stage: HTMLElement, at: { clientX: number; clientY: number }): void => {
    const pointer = { pointerId: 9, pointerType: "touch", button: 0, ...at };
    fireEvent.pointerDown(stage, pointer);
    fireEvent.pointerUp(stage, pointer);
  };
  /** Where an image is when the map is so many times as large around its middle. */
  const zoomed = (place: number, factor: number) => {
    const { clientX, clientY } = pixel(place);
    return { clientX: 500 + (clientX - 500) * factor, clientY: 400 + (clientY - 400) * factor };
  };

  it("zooms with two fingers", async () => {
    const { router } = show("/map");
    const stage = await screen.findByRole("application");
    const finger = (pointerId: number, clientX: number) => ({ pointerId, pointerType: "touch", button: 0, clientX, clientY: 400 });
    fireEvent.pointerDown(stage, finger(1, 450));
    fireEvent.pointerDown(stage, finger(2, 550));
    for (let step = 10; step <= 50; step += 10) {
      fireEvent.pointerMove(stage, finger(1, 450 - step));
      fireEvent.pointerMove(stage, finger(2, 550 + step));
    }
    fireEvent.pointerUp(stage, finger(1, 400));
    fireEvent.pointerUp(stage, finger(2, 600));
    tap(stage, zoomed(7, 2));
    expect(router.state.location.pathname).toBe(`/library/${idOf(7)}`);
  });

  it("zooms by key and moves with a drag", async () => {
    const { router } = show("/map");
    const stage = await screen.findByRole("application");
    await userEvent.keyboard("+");
    const pointer = { pointerId: 1, pointerType: "mouse", button: 0 };
    fireEvent.pointerDown(stage, { ...pointer, clientX: 500, clientY: 400 });
    fireEvent.pointerMove(stage, { ...pointer, clientX: 450, clientY: 360 });
    fireEvent.pointerUp(stage, { ...pointer, clientX: 450, clientY: 360 });
    const at = zoomed(6, 1.5);
    tap(stage, { clientX: at.clientX - 50, clientY: at.clientY - 40 });
    expect(router.state.location.pathname).toBe(`/library/${idOf(6)}`);
  });

  it("has a cursor for the keyboard, with a list of what is near", async () => {
    show("/map");
    await screen.findByRole("application");
    await userEvent.keyboard("{ArrowRight}");
    expect(await screen.findByText("1 near the cursor")).toBeVisible();
    await userEvent.keyboard("{Enter}");
    expect(await screen.findByText("1 in the region")).toBeVisible();
    await waitFor(() => expect(screen.getAllByRole("gridcell")[0]).toHaveFocus());
    await userEvent.keyboard("{Escape}");
    expect(screen.queryByRole("complementary")).toBeNull();
  });

  it("colours by a label, and says what colours mean", async () => {
    const { asked, router } = show("/map");
    await screen.findByRole("application");
    await userEvent.selectOptions(screen.getByRole("combobox", { name: "Colour by" }), "Colour by kind");
    expect(router.state.location.search).toBe("?colour=label%3Akind");
    expect(await screen.findByRole("button", { name: "even 6" })).toBeVisible();
    expect(screen.getByRole("button", { name: "Without 5" })).toBeVisible();
    expect(asked.map(({ filter }) => filter)).toContain('labels.kind = "even"');
  });

  it("appears by itself once it is made", async () => {
    let state: State = State.BUILDING;
    const { client } = show("/map", { state: () => state });
    expect(await screen.findByText("The map is being made")).toBeVisible();
    state = State.STALE;
    await act(() => client.refetchQueries());
    expect(await screen.findByRole("application")).toBeVisible();
    expect(screen.getByText(/New images are being placed/)).toBeVisible();
  });

  it("says that there are too few images", async () => {
    show("/map", { count: 2 });
    expect(await screen.findByText("Too few images for a map")).toBeVisible();
  });

  it("says what went wrong", async () => {
    show("/map", { fail: () => new ConnectError("down", Code.Unavailable) });
    expect(await screen.findByRole("alert")).toHaveTextContent("Not available right now");
    expect(screen.getByRole("button", { name: "Try again" })).toBeVisible();
  });
});
