import { describe, expect, it } from "vitest";

import { Image_State } from "@/gen/argus/storage/v1/image_pb.js";
import { WHOLE } from "@/lib/viewport";

import { afterDelete, placeIn, walkOf } from "./walk";
import { stateWords, typeWords } from "./words";
import { wantsOriginal, zoomWords } from "./zoom";

describe("the list that is walked", () => {
  it("comes with the navigation", () => {
    expect(walkOf({ ids: ["a", "b"] }, "b")).toEqual(["a", "b"]);
  });

  it.each([[null], [undefined], ["text"], [{}], [{ ids: "b" }], [{ ids: [1, "b"] }], [{ ids: ["a"] }]])("is the image alone with %j", (state) => {
    expect(walkOf(state, "b")).toEqual(["b"]);
  });

  it("has neighbours, and ends", () => {
    expect(placeIn(["a", "b", "c"], "a")).toEqual({ position: 1, total: 3, previous: undefined, next: "b" });
    expect(placeIn(["a", "b", "c"], "c")).toEqual({ position: 3, total: 3, previous: "b", next: undefined });
  });

  it("goes on after a delete: to the next, at the end to the one before, and nowhere from the last", () => {
    expect(afterDelete(["a", "b", "c"], "b")).toEqual({ id: "c", ids: ["a", "c"] });
    expect(afterDelete(["a", "b", "c"], "c")).toEqual({ id: "b", ids: ["a", "b"] });
    expect(afterDelete(["a"], "a")).toBeUndefined();
  });
});

describe("the zoom", () => {
  const pane = { pane: { width: 1000, height: 1000 }, image: { width: 4000, height: 2000 } };
  const image = { width: 4000, height: 2000, contentType: "image/jpeg" };

  it("is told in the image's own pixels", () => {
    expect(zoomWords(WHOLE, pane)).toBe("Fit");
    expect(zoomWords({ ...WHOLE, zoom: 4 }, pane)).toBe("100 %");
  });

  it("wants the uploaded bytes where they show more, and a browser can show them", () => {
    expect(wantsOriginal(image, { ...WHOLE, zoom: 3 }, pane)).toBe(true);
    expect(wantsOriginal(image, WHOLE, pane, 3)).toBe(false);
    expect(wantsOriginal(image, { ...WHOLE, zoom: 2 }, pane)).toBe(false);
    expect(wantsOriginal({ ...image, contentType: "image/tiff" }, { ...WHOLE, zoom: 3 }, pane)).toBe(false);
    expect(wantsOriginal({ ...image, width: 2000 }, { ...WHOLE, zoom: 3 }, pane)).toBe(false);
  });
});

describe("an image's state", () => {
  it("says what happened and what to do", () => {
    const failure = { $typeName: "argus.storage.v1.ImageFailure" as const, reason: "IMAGE_UNREADABLE", message: "The file is damaged." };
    expect(stateWords({ state: Image_State.FAILED, failure }).help).toBe("The file is damaged. Delete it, and add the file again once it is mended.");
    expect(stateWords({ state: Image_State.INDEXED }).help).toBe("");
    expect(typeWords("image/webp")).toBe("WebP");
  });
});
