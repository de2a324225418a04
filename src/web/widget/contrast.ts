/** sRGB, 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** `#rrggbb` or `#rgb`; undefined for anything else. */
export function parseHex(colour: string): Rgb | undefined {
  const digits =
    /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})$/i.exec(colour) ?? /^#([\da-f])([\da-f])([\da-f])$/i.exec(colour);
  if (!digits) return undefined;
  return digits.slice(1).map((pair) => Number.parseInt(pair.padStart(2, pair), 16)) as unknown as Rgb;
}

/** Contrast ratio of two colours, 1 to 21 (WCAG 2.2, “contrast ratio”). */
export function contrast(one: Rgb, other: Rgb): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high! + 0.05) / (low! + 0.05);
}

/** Relative luminance (WCAG 2.2). */
function luminance(rgb: Rgb): number {
  const [red, green, blue] = rgb.map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}
