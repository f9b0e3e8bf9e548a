import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import { EmbedderService, Modality } from "@/gen/argus/embedder/v1/embedder_pb.js";
import { IndexService, type Reindex, Reindex_State as State, ReindexSchema } from "@/gen/argus/search/v1/reindex_pb.js";
import { renderPage } from "@/test/render-page";

import { Component } from "./admin-page";

const reads = [Modality.IMAGE, Modality.TEXT];
const NOW = timestampFromDate(new Date());

class Index {
  reindex: Reindex = create(ReindexSchema, { state: State.NONE, currentModel: "compact", currentModelVersion: "1", imageCount: 1200n });
  models = ["compact", "ViT-B-32/tag", "ViT-L-14/tag"];
  started: string[] = [];
  again: boolean[] = [];
  refusal?: ConnectError;
  cancelled = 0;

  to(state: State, more: Partial<Reindex> = {}): void {
    this.reindex = create(ReindexSchema, { ...this.reindex, model: "ViT-L-14/tag", modelVersion: "2", startTime: NOW, state, ...more });
  }

  serve = (router: ConnectRouter): void => {
    router.service(EmbedderService, {
      listModels: () => ({ models: this.models.map((model) => ({ model, version: model === "compact" ? "1" : "2", modalities: reads })) }),
    });
    router.service(IndexService, {
      getReindex: () => this.reindex,
      startReindex: ({ model, again }) => {
        if (this.refusal) throw this.refusal;
        this.started.push(model);
        this.again.push(again);
        this.to(State.RUNNING, { model, again, modelVersion: model === "compact" ? "1" : "2" });
        return this.reindex;
      },
      cancelReindex: () => {
        this.cancelled += 1;
        const { model, modelVersion } = this.reindex;
        this.to(State.CANCELLED, { model, modelVersion, endTime: NOW });
        return this.reindex;
      },
    });
  };
}

function show(index = new Index()) {
  renderPage(Component, "/admin?tab=model", index.serve);
  return { index, user: userEvent.setup() };
}

const text = (element: HTMLElement) => element.textContent;

it("goes over to a model that is chosen, and stays with the present one if that is ended", async () => {
  const { index, user } = show();
  expect(await screen.findByText("compact")).toBeVisible();
  expect(screen.getByText(/1,200 images/)).toBeVisible();
  const choice = await screen.findByRole("combobox", { name: "Another model" });
  expect(within(choice).getAllByRole("option").map(text)).toEqual(["ViT-B-32/tag", "ViT-L-14/tag"]);
  await user.selectOptions(choice, "ViT-L-14/tag");
  await user.click(screen.getByRole("button", { name: "Go over" }));
  const change = await screen.findByRole("region", { name: "Change of the model" });
  expect(index.started).toEqual(["ViT-L-14/tag"]);
  expect(change).toHaveTextContent("Going over to ViT-L-14/tag");
  expect(screen.queryByRole("combobox")).not.toBeInTheDocument();
  await user.click(within(change).getByRole("button", { name: "Stay with compact" }));
  expect(await screen.findByText(/Going over was ended to/)).toBeVisible();
  expect(index.cancelled).toBe(1);
  expect(await screen.findByRole("combobox", { name: "Another model" })).toBeVisible();
});

it("shows how far it is, and what could not be embedded", async () => {
  const index = new Index();
  index.to(State.RUNNING, { embeddedCount: 300n, failedCount: 1n, automatic: true });
  show(index);
  const change = await screen.findByRole("region", { name: "Change of the model" });
  expect(within(change).getByRole("progressbar")).toHaveAttribute("aria-valuenow", "25");
  expect(within(change).getByRole("status")).toHaveTextContent("300 of 1,200 images");
  expect(change).toHaveTextContent("because the default model changed");
  expect(change).toHaveTextContent("1 image could not be embedded");
});

it("embeds all images again with the present model, and can end that", async () => {
  const { index, user } = show();
  await user.click(await screen.findByRole("button", { name: "Embed all images again" }));
  const again = await screen.findByRole("region", { name: "Embedding again" });
  expect([index.started, index.again]).toEqual([["compact"], [true]]);
  expect(again).toHaveTextContent("Embedding all images again with compact");
  expect(within(again).getByRole("progressbar")).toBeVisible();
  expect(within(again).getByRole("status")).toHaveTextContent("0 of 1,200 images");
  expect(again).not.toHaveTextContent("oing over");
  expect(screen.queryByRole("button", { name: "Embed all images again" })).not.toBeInTheDocument();
  await user.click(within(again).getByRole("button", { name: "End it" }));
  expect(await screen.findByText(/Embedding all images again was ended/)).toBeVisible();
  expect(index.cancelled).toBe(1);
});

it("says what came of embedding all images again", async () => {
  const index = new Index();
  index.to(State.DONE, { model: "compact", modelVersion: "1", again: true, embeddedCount: 1199n, failedCount: 1n, endTime: NOW });
  show(index);
  const again = await screen.findByRole("region", { name: "Embedding again" });
  expect(again).toHaveTextContent("Embedded all images again with compact");
  expect(within(again).getByRole("status")).toHaveTextContent("1,199 images");
  expect(again).toHaveTextContent("Those that had a vector keep it");
  expect(within(again).queryByRole("progressbar")).not.toBeInTheDocument();
});

it("says that searches change over until they have", async () => {
  const index = new Index();
  index.to(State.DONE, { embeddedCount: 1200n, endTime: NOW });
  show(index);
  expect(await screen.findByText(/All images have it; searches change over/)).toBeVisible();
  index.to(State.DONE, { currentModel: "ViT-L-14/tag", currentModelVersion: "2" });
  // It asks by itself.
  expect(await screen.findByText(/Went over to/, {}, { timeout: 5000 })).toBeVisible();
  expect(screen.queryByRole("progressbar")).not.toBeInTheDocument();
});

it("says why a model is refused, and that none is there", async () => {
  const { index, user } = show();
  index.refusal = new ConnectError("the model does not load", Code.FailedPrecondition);
  await user.click(await screen.findByRole("button", { name: "Go over" }));
  expect(await screen.findByRole("alert")).toBeVisible();
  expect(screen.getByRole("button", { name: "Go over" })).toBeEnabled();
});

it("says how to install a model where there is no other", async () => {
  const index = new Index();
  index.models = ["compact"];
  show(index);
  expect(await screen.findByText("argus models pull")).toBeVisible();
});
