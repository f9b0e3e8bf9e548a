import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it } from "vitest";

import { renderPage } from "@/test/render-page";
import { clearToasts, Toaster } from "@/ui/toast";
import { forgetSelections } from "@/ui/use-selection";

import { FakeImages, imageAt, imagesUpTo } from "../images/fake-images";
import { Component as LibraryPage } from "../library-page";
import { Component as TrashPage } from "../trash/trash-page";
import { Tray } from "./tray";

function Library() {
  return (
    <>
      <LibraryPage />
      <Tray />
      <Toaster />
    </>
  );
}

afterEach(() => {
  act(clearToasts);
  act(forgetSelections);
});

const show = (fake: FakeImages, path = "/library") => renderPage(Library, path, fake.services);
const cell = (name: string): Promise<HTMLElement> => screen.findByRole("gridcell", { name });
const tray = (): Promise<HTMLElement> => screen.findByRole("region", { name: "Selection" });

describe("a selection", () => {
  it("takes all images, however many of them are loaded", async () => {
    show(new FakeImages(imagesUpTo(1300)));
    await cell("0.jpg");
    await userEvent.keyboard("{Control>}a{/Control}");
    expect(await screen.findByText("1,300 images selected")).toBeVisible();
  });

  it("reaches over images that are not loaded", async () => {
    show(new FakeImages(imagesUpTo(1300)));
    fireEvent.click(await cell("1.jpg"), { ctrlKey: true });
    await userEvent.keyboard("{Shift>}{End}{/Shift}");
    expect(await screen.findByText("1,299 images selected")).toBeVisible();
  });

  it("takes nothing more in when it was given up meanwhile", async () => {
    const fake = new FakeImages(imagesUpTo(1300));
    const waiting: (() => void)[] = [];
    show(fake);
    await cell("0.jpg");
    fake.before = (method) => (method === "list" ? new Promise((resolve) => void waiting.push(resolve)) : undefined);
    await userEvent.keyboard("{Control>}a{/Control}");
    await tray();
    await userEvent.keyboard("{Escape}");
    fake.before = () => undefined;
    act(() => waiting.forEach((goOn) => goOn()));
    // 120 and then 500 a page.
    await waitFor(() => expect(fake.asked("list")).toBe(4));
    await act(() => Promise.resolve());
    expect(screen.queryByRole("region", { name: "Selection" })).toBeNull();
  });

  it("says how much of it a filter hides", async () => {
    const { router } = show(new FakeImages([imageAt(0, { labels: { line: "3" } }), imageAt(1), imageAt(2)]));
    for (const name of ["0.jpg", "1.jpg", "2.jpg"]) fireEvent.click(await cell(name), { ctrlKey: true });
    expect(within(await tray()).getByRole("status")).toHaveTextContent(/^3 images selected$/);
    await act(() => router.navigate("/library?label=line:3"));
    await waitFor(() => expect(screen.getByText(/3 images selected/)).toHaveTextContent("3 images selected, 2 not shown here"));
  });

  it("offers to take away the labels that it has", async () => {
    const fake = new FakeImages([imageAt(0, { labels: { line: "3" } }), imageAt(1, { labels: { line: "4", part: "bolt" } }), imageAt(2, { labels: { side: "left" } })]);
    show(fake);
    for (const name of ["0.jpg", "1.jpg"]) fireEvent.click(await cell(name), { ctrlKey: true });
    await userEvent.click(within(await tray()).getByRole("button", { name: "Label" }));
    const group = await screen.findByRole("group", { name: "Take away" });
    expect(within(group).getAllByRole("button").map((button) => button.textContent)).toEqual(["line", "part: bolt1"]);
    await userEvent.click(within(group).getByRole("button", { name: "line" }));
    await userEvent.click(screen.getByRole("button", { name: "Apply" }));
    await waitFor(() => expect([...fake.images.values()].map(({ labels }) => labels)).toEqual([{}, { part: "bolt" }, { side: "left" }]));
  });
});

describe("the library", () => {
  it("finds a file by its name", async () => {
    const { router } = show(new FakeImages(imagesUpTo(3)));
    await cell("1.jpg");
    await userEvent.click(screen.getByRole("button", { name: "Filter" }));
    await userEvent.type(screen.getByRole("textbox", { name: "File name" }), "1.jpg{Enter}");
    expect(router.state.location.search).toBe("?name=1.jpg");
    await waitFor(() => expect(screen.getAllByRole("gridcell")).toHaveLength(1));
    await userEvent.click(screen.getByRole("button", { name: "Remove the filter 1.jpg" }));
    await cell("0.jpg");
  });
});

it("the trash says how long each image can be brought back", async () => {
  const image = { ...imageAt(0), deleteTime: timestampFromMs(Date.now()), purgeTime: timestampFromMs(Date.now() + 5.5 * 3_600_000) };
  renderPage(TrashPage, "/library/trash", new FakeImages([image]).services);
  expect(await screen.findByText("gone in 5 hours")).toBeVisible();
});
