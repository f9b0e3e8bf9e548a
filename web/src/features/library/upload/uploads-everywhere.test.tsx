import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import { InstallationService } from "@/gen/argus/installation/v1/installation_pb.js";
import { BatchCreateUploadsResponseSchema, type CreateUploadRequest, Image_State, ImageService } from "@/gen/argus/storage/v1/image_pb.js";
import { renderPage } from "@/test/render-page";

import LibraryEverywhere from "../everywhere";
import { AddImagesButton } from "./add-images-button";

const OLD = "00000000-0000-4000-8000-000000000001";
const PNG = "\u0089PNG\r\n\u001a\n";

const ODD = { case: "error" as const, value: { code: Code.InvalidArgument, message: "the name is not one" } };
const THERE = { case: "response" as const, value: { image: { imageId: OLD, state: Image_State.INDEXED } } };

function png(name: string): File {
  return new File([Uint8Array.from(`${PNG}${name}`, (character) => character.charCodeAt(0))], name, { type: "image/png" });
}

function Page() {
  return (
    <main>
      <AddImagesButton />
      <input aria-label="Own place" onPaste={(event) => event.preventDefault()} />
      <LibraryEverywhere />
    </main>
  );
}

/** A library that has every image already, so that nothing is put anywhere; labels are taken down. */
function show() {
  const asked: CreateUploadRequest[] = [];
  const labelled: Record<string, string>[] = [];
  const services = (router: ConnectRouter): void => {
    router.service(InstallationService, { getInstallation: () => ({ limits: { images: { maxBytes: 1000n, contentTypes: ["image/png"] } } }) });
    router.service(ImageService, {
      batchCreateUploads: ({ requests }) => {
        asked.push(...requests);
        return create(BatchCreateUploadsResponseSchema, {
          results: requests.map(({ filename }) => ({ result: filename === "odd.png" ? ODD : THERE })),
        });
      },
      batchUpdateLabels: ({ set }) => {
        labelled.push(set);
        return { images: [] };
      },
      batchGetImages: () => ({ images: [{ imageId: OLD }] }),
      watchImages: () => {
        throw new ConnectError("not here", Code.Unimplemented);
      },
    });
  };
  return { asked, labelled, ...renderPage(Page, "/anywhere", services) };
}

const transfer = (...files: File[]) => ({ types: ["Files"], files, items: [], dropEffect: "none" });
const panel = () => screen.findByRole("region", { name: "Uploads" });

describe("uploads on every page", () => {
  it("take a drop, and say of each file what became of it", async () => {
    const { asked } = show();
    fireEvent.dragOver(document.body, { dataTransfer: transfer() });
    await screen.findByText("Drop to add to your library");
    fireEvent.drop(document.body, { dataTransfer: transfer(png("a.png"), png("odd.png"), new File(["text"], "notes.txt")) });
    expect(screen.queryByText("Drop to add to your library")).toBeNull();
    const uploads = within(await panel());
    await uploads.findByRole("heading", { name: "1 already here, 2 not added" });
    expect(uploads.getByRole("link", { name: /Already here/ })).toHaveAttribute("href", `/library/${OLD}`);
    expect(uploads.getByText("The name is not one.")).toBeVisible();
    expect(uploads.getByText(/This is no image that Argus takes/)).toBeVisible();
    expect(uploads.getByRole("status")).toHaveTextContent("1 already here, 2 not added");
    expect(asked.map(({ filename }) => filename)).toEqual(["a.png", "odd.png"]);
    expect(asked[0]).toMatchObject({ skipExisting: true, contentType: "image/png" });
    expect(asked[0]!.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it("leave a drop and a paste to what takes them itself", async () => {
    show();
    const own = screen.getByRole("textbox", { name: "Own place" });
    fireEvent.paste(own, { clipboardData: { files: [png("theirs.png")] } });
    fireEvent.paste(document.body, { clipboardData: { files: [png("ours.png")] } });
    const uploads = within(await panel());
    await uploads.findByText("ours.png");
    expect(uploads.queryByText("theirs.png")).toBeNull();
  });

  it("are labelled together, and put away", async () => {
    const user = userEvent.setup();
    const { labelled } = show();
    fireEvent.paste(document.body, { clipboardData: { files: [png("a.png")] } });
    const uploads = within(await panel());
    await uploads.findByRole("heading", { name: "1 already here" });
    await user.click(uploads.getByRole("button", { name: "Label all" }));
    await user.type(uploads.getByRole("combobox", { name: "Label" }), "line");
    await user.type(uploads.getByRole("combobox", { name: "Value" }), "3{Enter}");
    await waitFor(() => expect(labelled).toEqual([{ line: "3" }]));
    await user.click(uploads.getByRole("button", { name: "Hide the files" }));
    expect(uploads.queryByText("a.png")).toBeNull();
    await user.click(uploads.getByRole("button", { name: "Close" }));
    await waitFor(() => expect(screen.queryByRole("region", { name: "Uploads" })).toBeNull());
  });

  it("tell after a reload what was not finished, and forget it when asked", async () => {
    const user = userEvent.setup();
    sessionStorage.setItem("argus.uploads", JSON.stringify({ user: "", files: [{ path: "line/a.png", size: 9, modified: 1, sha256: "" }] }));
    show();
    const left = within(await screen.findByRole("region", { name: "Unfinished uploads" }));
    expect(left.getByRole("heading", { name: "1 file was not added" })).toBeVisible();
    await user.click(left.getByRole("button", { name: "Which ones?" }));
    expect(left.getByText("line/a.png")).toBeVisible();
    await user.click(left.getByRole("button", { name: "Forget them" }));
    await waitFor(() => expect(screen.queryByRole("region", { name: "Unfinished uploads" })).toBeNull());
    expect(sessionStorage.getItem("argus.uploads")).toBeNull();
  });

  it("begin at a button, too", async () => {
    const user = userEvent.setup();
    show();
    await user.click(screen.getByRole("button", { name: "Add images" }));
    expect(screen.getByRole("menuitem", { name: "Choose files" })).toBeVisible();
    expect(screen.getByRole("menuitem", { name: "Choose a folder" })).toBeVisible();
  });
});
