import { describe, expect, it } from "vitest";

import { sha256 } from "./digest";

/** From FIPS 180-2, appendix B. */
const KNOWN: [string, string][] = [
  ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
];

describe("the digest of a file", () => {
  it.each(KNOWN)("of %j is the published one, with the browser's own and without", async (text, digest) => {
    expect(await sha256(new Blob([text]), crypto.subtle)).toBe(digest);
    expect(await sha256(new Blob([text]), null)).toBe(digest);
  });

  it("is the same both ways for a file that is read in pieces", async () => {
    const file = new Blob([Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7) % 251)]);
    expect(await sha256(file, null)).toBe(await sha256(file, crypto.subtle));
  });
});
