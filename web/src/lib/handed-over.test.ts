import { expect, it } from "vitest";

import { takeHandedOver } from "./handed-over";

const ID = "0b9f4dd5-7c3e-4a43-9d2b-2f1f5f0f5a11";

it("takes what was chosen elsewhere, once", () => {
  sessionStorage.setItem("argus.inspect.images", JSON.stringify([ID, 7, "no id"]));
  expect(takeHandedOver()).toEqual([ID]);
  expect(takeHandedOver()).toEqual([]);
});

it("takes nothing of what is no list", () => {
  sessionStorage.setItem("argus.inspect.images", "{broken");
  expect(takeHandedOver()).toEqual([]);
  sessionStorage.setItem("argus.inspect.images", '{"a": 1}');
  expect(takeHandedOver()).toEqual([]);
});
