import { expect, it } from "vitest";

import { batches } from "./change-images";
import { libraryFilter, parseIds, parseLabel } from "./library-filter";

it("asks for usable images, with a label perhaps", () => {
  expect(libraryFilter(undefined)).toBe("(state = UPLOADED OR state = INDEXED)");
  expect(libraryFilter({ key: "line", value: 'a "b" \\' })).toBe(
    '(state = UPLOADED OR state = INDEXED) AND labels.line = "a \\"b\\" \\\\"',
  );
});

it("takes labels with any sign", () => {
  expect(parseLabel(JSON.stringify(["line", "3=4"]))).toEqual({ key: "line", value: "3=4" });
  expect(parseLabel("")).toBeUndefined();
});

it("finds ids in pasted text, each once", () => {
  const id = "b547cb3c-3d17-4f58-8781-63c46fc0e115";
  expect(parseIds(`${id}, ${id.toUpperCase()}\n"plate.png"`)).toEqual({ ids: [id], wrong: ["plate.png"] });
});

it("sends many in batches", () => expect(batches([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]));
