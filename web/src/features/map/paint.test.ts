import { describe, expect, it } from "vitest";

import { Emphasis, packed, paint, radiusFor, type Scene } from "./paint";
import { CATEGORY_COLOURS, rgbOf } from "./palette";
import type { MapPoints } from "./points";

const GROUND = packed(0, 0, 0);
const COLOURS = [packed(200, 200, 200), packed(255, 0, 0)];
const STRONG = packed(0, 0, 255);
const SIDE = 40;

function at(x: number[], y: number[]): MapPoints {
  return { count: x.length, x: Float32Array.from(x), y: Float32Array.from(y), ids: new Uint8Array(x.length * 16) };
}

function painted(points: MapPoints, more: Partial<Scene> = {}): (x: number, y: number) => number {
  const pixels = new Uint32Array(SIDE * SIDE);
  const scene: Scene = {
    points,
    view: { x: 0.5, y: 0.5, scale: SIDE / 2 },
    size: { width: SIDE / 2, height: SIDE / 2 },
    ratio: 2,
    radius: 1,
    categories: undefined,
    emphasis: undefined,
    ...more,
  };
  paint(pixels, SIDE, SIDE, scene, { ground: GROUND, colours: COLOURS, strong: STRONG });
  return (x, y) => pixels[y * SIDE + x]!;
}

describe("painting", () => {
  it("puts points where they are, in device pixels", () => {
    const pixel = painted(at([0.25], [0.75]));
    expect(pixel(10, 30)).toBe(COLOURS[0]);
    expect(pixel(30, 10)).toBe(GROUND);
    expect(pixel(20, 20)).toBe(GROUND);
  });

  it("smooths edges", () => {
    const edge = painted(at([0.5], [0.5]))(22, 20);
    expect(edge & 255).toBeGreaterThan(0);
    expect(edge & 255).toBeLessThan(200);
  });

  it("does not write across the edges", () => {
    expect(painted(at([0], [0.5]))(0, 20)).toBe(COLOURS[0]);
    // What is cut off at the right must not begin at the left of the next row.
    const pixel = painted(at([1], [0.5]));
    expect(pixel(39, 20)).toBe(COLOURS[0]);
    expect([18, 19, 20, 21, 22].map((row) => pixel(0, row))).toEqual([GROUND, GROUND, GROUND, GROUND, GROUND]);
    expect(() => painted(at([-5, 7, 0.5], [0.5, 0.5, 99]))).not.toThrow();
  });

  it("draws categories in their colours, and what stands out on top", () => {
    const pixel = painted(at([0.5, 0.5, 0.2], [0.5, 0.5, 0.2]), {
      categories: Uint8Array.of(1, 1, 1),
      emphasis: Uint8Array.of(Emphasis.strong, Emphasis.plain, Emphasis.faint),
    });
    expect(pixel(20, 20)).toBe(STRONG);
    const faint = pixel(8, 8) & 255;
    expect(faint).toBeGreaterThan(0);
    expect(faint).toBeLessThan(150);
  });

  it("has smaller points the more there are", () => {
    expect(radiusFor(50, 700)).toBe(5);
    expect(radiusFor(100_000, 700)).toBe(1.25);
    expect(radiusFor(100_000, 70_000)).toBe(5);
  });
});

/** Machado, Oliveira and Fernandes (2009), severity 1, on linear light. */
const SIGHTS: Record<"full" | "protanopia" | "deuteranopia" | "tritanopia", number[][]> = {
  full: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

type Triple = [number, number, number];

function linear(colour: string): Triple {
  return rgbOf(colour).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as Triple;
}

/** CIELAB, D65. */
function lab([red, green, blue]: Triple): Triple {
  const f = (value: number): number => (value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116);
  const x = f((0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047);
  const y = f(0.2126729 * red + 0.7151522 * green + 0.072175 * blue);
  const z = f((0.0193339 * red + 0.119192 * green + 0.9503041 * blue) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function seen(colour: string, sight: keyof typeof SIGHTS): Triple {
  const light = linear(colour);
  return lab(
    SIGHTS[sight].map((row) => Math.min(1, Math.max(0, row.reduce((sum, factor, channel) => sum + factor * light[channel]!, 0)))) as Triple,
  );
}

describe.each(["light", "dark"] as const)("colours of categories, %s", (theme) => {
  it.each(Object.keys(SIGHTS) as (keyof typeof SIGHTS)[])("can be told apart with %s sight", (sight) => {
    const colours = CATEGORY_COLOURS[theme].map((colour) => seen(colour, sight));
    for (const [index, one] of colours.entries()) {
      for (const [other, another] of colours.entries()) {
        if (other <= index) continue;
        const difference = Math.hypot(...one.map((value, axis) => value - another[axis]!));
        expect(difference, `${CATEGORY_COLOURS[theme][index]} and ${CATEGORY_COLOURS[theme][other]}`).toBeGreaterThan(15);
      }
    }
  });

  it("stand out from the ground", () => {
    const luminance = (colour: string): number => {
      const [red, green, blue] = linear(colour);
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const ground = luminance(theme === "light" ? "#f6f6f7" : "#121214");
    for (const colour of CATEGORY_COLOURS[theme]) {
      const [low, high] = [luminance(colour), ground].sort((one, other) => one - other);
      expect((high! + 0.05) / (low! + 0.05), colour).toBeGreaterThan(3);
    }
  });
});
