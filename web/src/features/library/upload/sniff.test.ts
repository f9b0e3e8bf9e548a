import { describe, expect, it } from "vitest";

import { refusedBySize, refusedByType } from "./admission";
import { sha256 } from "./digest";
import { sniff } from "./sniff";

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

describe("a file's beginning", () => {
  it.each([
    ["\u00ff\u00d8\u00ff\u00e0", "image/jpeg"],
    ["\u0089PNG\r\n\u001a\n", "image/png"],
    ["RIFF\0\0\0\0WEBP", "image/webp"],
    ["GIF89a", "image/gif"],
    ["II*\0", "image/tiff"],
    ["MM\0*", "image/tiff"],
    ["\0\0\0\u0020ftypavif\0\0\0\0", "image/avif"],
    ["\0\0\0\u0020ftypheic\0\0\0\0", "image/heic"],
    [`BM${"\0".repeat(30)}`, "image/bmp"],
    ["BM", undefined],
    ["%PDF-1.7", undefined],
    ["", undefined],
  ])("%j is %s", (text, type) => {
    expect(sniff(bytes(text))).toBe(type);
  });
});

describe("admission", () => {
  const limits = { maxBytes: 1000n, contentTypes: ["image/png"], maxFilenameLength: 5 };

  it("takes what fits, and all while the limits are not known", () => {
    expect(refusedBySize({ name: "a.png", size: 1000 }, limits)).toBeUndefined();
    expect(refusedBySize({ name: "a.png", size: 1e9 }, undefined)).toBeUndefined();
    expect(refusedByType("image/png", limits)).toBeUndefined();
  });

  it("says what does not fit", () => {
    expect(refusedBySize({ name: "aa.png", size: 1 }, limits)).toContain("longer than 5 characters");
    expect(refusedByType("image/gif", limits)).toBe("GIF images are not taken here. It takes PNG.");
    expect(refusedByType("image/heic", limits)).toContain("Save it as JPEG");
  });
});

describe("a digest", () => {
  const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  it("is the same with and without the browser's own", async () => {
    expect(await sha256(new Blob(["abc"]))).toBe(abc);
    expect(await sha256(new Blob(["abc"]), null as unknown as undefined)).toBe(abc);
  });
});
