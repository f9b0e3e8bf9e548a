import { expect, it } from "vitest";

import { assembled, fileName } from "./export-file";

// eslint-disable-next-line @typescript-eslint/require-await -- a stream that has all it gives
async function* pieces(...texts: string[]) {
  for (const text of texts) yield { contentType: "text/csv", data: new TextEncoder().encode(text) };
}

it("puts pieces together and tells how far it is", async () => {
  const seen: number[] = [];
  const { blob, bytes } = await assembled(pieces("image,", "label\n"), (each) => seen.push(each));
  expect(await blob.text()).toBe("image,label\n");
  expect(blob.type).toBe("text/csv");
  expect(seen).toEqual([6, 12]);
  expect(bytes).toBe(12);
});

it("names files as every system takes them", () => {
  expect(fileName("Brushed plates, line 3", "csv")).toBe("Brushed-plates-line-3.csv");
  expect(fileName("../..", "json")).toBe("reference-set.json");
});
