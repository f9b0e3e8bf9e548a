import { describe, expect, it } from "vitest";

import { type Limits, refusedBySize, refusedByType } from "./admission";

const LIMITS: Limits = { maxBytes: 2_000_000n, contentTypes: ["image/jpeg", "image/png"], maxFilenameLength: 12 };

describe("what can be taken, before anything is sent", () => {
  it("has bytes, not too many, and a name that is not too long", () => {
    expect(refusedBySize({ name: "a.png", size: 1 }, LIMITS)).toBeUndefined();
    expect(refusedBySize({ name: "a.png", size: 2_000_000 }, LIMITS)).toBeUndefined();
    expect(refusedBySize({ name: "a.png", size: 0 }, LIMITS)).toBe("The file is empty.");
    expect(refusedBySize({ name: "a.png", size: 2_000_001 }, LIMITS)).toMatch(/an image may have 2 MB/);
    expect(refusedBySize({ name: "a-long-name.png", size: 1 }, LIMITS)).toMatch(/longer than 12 characters/);
  });

  it("counts characters of a name as people do", () => {
    expect(refusedBySize({ name: "🙂🙂🙂🙂🙂🙂🙂🙂.png", size: 1 }, LIMITS)).toBeUndefined();
  });

  it("is of a type that this installation takes, and the reason says which those are", () => {
    expect(refusedByType("image/png", LIMITS)).toBeUndefined();
    expect(refusedByType("image/tiff", LIMITS)).toBe("TIFF images are not taken here. It takes JPEG, PNG.");
    expect(refusedByType(undefined, LIMITS)).toBe("This is no image that Argus takes. It takes JPEG, PNG.");
  });

  it("is no HEIC, for which there is a way out", () => {
    expect(refusedByType("image/heic", LIMITS)).toMatch(/Save it as JPEG/);
    expect(refusedByType("image/heic", { ...LIMITS, contentTypes: ["image/heic"] })).toBeUndefined();
  });

  it("is left to the server while the limits are not known, but for what no server takes", () => {
    expect(refusedBySize({ name: "a.png", size: 5_000_000_000 }, undefined)).toBeUndefined();
    expect(refusedByType("image/tiff", undefined)).toBeUndefined();
    expect(refusedBySize({ name: "a.png", size: 0 }, undefined)).toBe("The file is empty.");
    expect(refusedByType(undefined, undefined)).toMatch(/It takes JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF\./);
  });
});
