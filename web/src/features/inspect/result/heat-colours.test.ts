import { describe, expect, it } from "vitest";

import { FAINTEST, FULL, heatColour, heatPixels, levelsPerThreshold } from "./heat-colours";

/** Relative luminance (WCAG 2.2). */
function luminance({ r, g, b }: { r: number; g: number; b: number }): number {
  const linear = (value: number): number => (value <= 10 ? value / 3294 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

describe("colours of anomaly", () => {
  it("show nothing below half the threshold and everything at twice", () => {
    expect(heatColour(0).a).toBe(0);
    expect(heatColour(FAINTEST).a).toBe(0);
    expect(heatColour(1).a).toBeGreaterThan(120);
    expect(heatColour(FULL)).toEqual(heatColour(100));
    expect(heatColour(FULL).a).toBe(255);
  });

  it("get lighter the worse it is, so that they need not be told apart by hue", () => {
    const steps = Array.from({ length: 31 }, (_, step) => FAINTEST + (step / 30) * (FULL - FAINTEST));
    const values = steps.map((step) => luminance(heatColour(step)));
    expect(values).toEqual([...values].sort((a, b) => a - b));
    expect((values.at(-1)! + 0.05) / (values[0]! + 0.05)).toBeGreaterThan(7);
  });

  it("mean the same on every image: they go by the threshold, not by the image's worst place", () => {
    const faint = { width: 2, height: 1, levels: Uint16Array.of(100, 4000) };
    const strong = { width: 2, height: 1, levels: Uint16Array.of(100, 65535) };
    const scale = 4 / 65535;
    expect([...heatPixels(faint, scale, 1)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0].map((_, at) => (at % 4 === 3 ? 0 : [70, 3, 159][at % 4]!)));
    expect(heatPixels(strong, scale, 1)[7]).toBe(255);
    expect(heatPixels(strong, scale, 1).slice(0, 4)).toEqual(heatPixels(faint, scale, 1).slice(0, 4));
  });

  it("stand a threshold of 0 and a map without a scale", () => {
    expect(levelsPerThreshold((4 * 1e-9) / 65535, 0)).toBeCloseTo(16383.75);
    expect(heatPixels({ width: 1, height: 1, levels: Uint16Array.of(65535) }, 0, 1)[3]).toBe(0);
  });
});
