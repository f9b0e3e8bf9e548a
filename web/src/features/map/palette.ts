/** Colours of categories on the map: told apart also by people who see fewer colours; see the test. */

export const CATEGORY_COLOURS = {
  light: ["#0b62b8", "#e53714", "#068a68", "#77066e", "#638e26", "#3d3d46"],
  dark: ["#63a2ff", "#ff8a3d", "#36dfa6", "#e287ce", "#f4e04d", "#c8c8d2"],
} as const;

export const MOST_CATEGORIES = CATEGORY_COLOURS.light.length;

/** Red, green and blue, 0 to 255, of `#rrggbb` or `#rgb`. */
export function rgbOf(colour: string): readonly [number, number, number] {
  const digits = colour.trim().slice(1);
  const value = Number.parseInt(digits.length === 3 ? digits.replace(/./g, "$&$&") : digits, 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}
