import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";

import { Modality, ModelSchema } from "@/gen/argus/embedder/v1/embedder_pb.js";
import { Reindex_State as State, ReindexSchema } from "@/gen/argus/search/v1/reindex_pb.js";

import { askAgainMs, candidatesFor, isUnderWay, whatOf } from "./model-words";

const reads = [Modality.IMAGE, Modality.TEXT];

it("offers models that read pictures and words and are not in use", () => {
  const models = [
    create(ModelSchema, { model: "compact", version: "1", modalities: reads }),
    create(ModelSchema, { model: "ViT-B-32/tag", version: "2", modalities: [...reads, Modality.PATCHES] }),
    create(ModelSchema, { model: "timm:dino", version: "3", modalities: [Modality.IMAGE, Modality.PATCHES] }),
  ];
  expect(candidatesFor(models, { currentModel: "compact", currentModelVersion: "1" })).toEqual(["ViT-B-32/tag"]);
  // Another version of the model in use is another model.
  expect(candidatesFor(models, { currentModel: "compact", currentModelVersion: "0" })).toEqual(["compact", "ViT-B-32/tag"]);
});

it("asks often until searches have changed over", () => {
  const of = (state: State, modelVersion = "2", currentModelVersion = "1") => create(ReindexSchema, { state, modelVersion, currentModelVersion });
  expect(isUnderWay(of(State.RUNNING))).toBe(true);
  expect(isUnderWay(of(State.DONE))).toBe(true);
  expect(isUnderWay(of(State.DONE, "2", "2"))).toBe(false);
  expect(isUnderWay(of(State.CANCELLED))).toBe(false);
  expect(isUnderWay(of(State.NONE))).toBe(false);
  expect(askAgainMs(of(State.RUNNING))).toBeLessThan(askAgainMs(of(State.NONE)));
  expect(askAgainMs(undefined)).toBe(askAgainMs(of(State.NONE)));
});

it("says of images that are embedded again that nothing changes over", () => {
  const of = (state: State, modelVersion = "1") => create(ReindexSchema, { state, modelVersion, currentModelVersion: "1", again: true });
  expect(isUnderWay(of(State.RUNNING))).toBe(true);
  expect(isUnderWay(of(State.DONE))).toBe(false);
  expect(whatOf(of(State.RUNNING))).toBe("Embedding all images again with");
  expect(whatOf(of(State.DONE))).toBe("Embedded all images again with");
  expect(whatOf(of(State.CANCELLED))).toBe("Embedding all images again was ended, with");
  // Another model's images may be embedded again, too; searches go over to it.
  expect(whatOf(of(State.RUNNING, "2"))).toBe("Going over to");
});
