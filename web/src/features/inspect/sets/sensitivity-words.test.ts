import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";

import { VersionSchema } from "@/gen/argus/inspection/v1/inspection_pb.js";

import { matrixByContrast, matrixByKind, sensitivityAdvice } from "./sensitivity-words";

/** Of 6 painted of each kind and size, how many were found, by contrast and size. */
function version(found: Record<"clear" | "faint", Record<number, number>>) {
  return create(VersionSchema, {
    imageCount: 60,
    settings: { size: 192 },
    sensitivity: (["scratch", "spot"] as const).flatMap((kind) =>
      (["clear", "faint"] as const).flatMap((how) =>
        Object.entries(found[how]).map(([size, count]) => ({
          kind,
          sizePx: Number(size),
          contrast: how === "clear" ? 5 : 2,
          painted: 6,
          found: count,
        })),
      ),
    ),
  });
}

const some = version({ clear: { 3: 0, 8: 1, 20: 4, 40: 6 }, faint: { 3: 0, 8: 0, 20: 1, 40: 2 } });

it("lays kinds and contrasts out by size, clear ones first", () => {
  const matrix = matrixByKind(some.sensitivity);
  expect(matrix.sizes).toEqual([3, 8, 20, 40]);
  expect(matrix.rows.map((row) => row.label)).toEqual(["Clear scratch", "Clear spot", "Faint scratch", "Faint spot"]);
  expect(matrix.rows[0]?.cells.map((cell) => cell?.found)).toEqual([0, 1, 4, 6]);
});

it("takes kinds together, with an interval", () => {
  const clear = matrixByContrast(some.sensitivity).rows[0];
  expect(clear?.label).toBe("Clear");
  expect(clear?.cells[3]).toMatchObject({ found: 12, painted: 12 });
  expect(clear?.cells[3]?.share?.low).toBeLessThan(1);
});

it("says what is usually missed, and what helps", () => {
  expect(sensitivityAdvice(some)).toContain("Defects smaller than about 20 px are usually missed. Faint ones are missed more often still.");
  expect(sensitivityAdvice(version({ clear: { 3: 1, 8: 1 }, faint: { 3: 0, 8: 0 } }))).toContain("Defects of up to 8 px are usually missed.");
  expect(sensitivityAdvice(version({ clear: { 3: 6, 8: 6 }, faint: { 3: 0, 8: 4 } }))).toContain("Faint defects smaller than about 8 px are usually missed.");
  expect(sensitivityAdvice(version({ clear: { 3: 6, 8: 6 }, faint: { 3: 6, 8: 6 } }))).toContain("Nearly all faint defects of 3 px and more are found.");
});

it("says why it cannot be told", () => {
  expect(sensitivityAdvice(create(VersionSchema, { imageCount: 2 }))).toContain("from 2 images; it takes 4");
  expect(sensitivityAdvice(create(VersionSchema, { imageCount: 20, hasHead: true }))).toContain("with a head");
});
