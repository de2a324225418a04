import { contrast, parseHex, type Rgb } from './contrast.js';
import { warn } from './warn.js';

/** WCAG 2.2 success criterion 1.4.3. */
const ENOUGH = 4.5;

/**
 * Takes the bank's own colours over, as far as people can read them: `--sangdam-primary` (buttons, links, focus) and
 * `--sangdam-bubble` (the customer's own messages), `#rrggbb`, set on the element or anywhere above it. A colour that does
 * not reach 4.5:1 is darkened or lightened until it does, and the console says so. Call again after a change of theme.
 */
export function applyColours(host: HTMLElement, root: HTMLElement): void {
  for (const own of ['--primary', '--on-primary', '--own']) root.style.removeProperty(own);
  const page = getComputedStyle(host);
  const theme = getComputedStyle(root);
  const text = colour(theme, '--text')!;
  const sunken = colour(theme, '--sunken')!;

  const primary = colour(page, '--sangdam-primary');
  if (primary) {
    const readable = adjusted('--sangdam-primary', primary, text, sunken);
    root.style.setProperty('--primary', css(readable));
    const white: Rgb = [255, 255, 255];
    root.style.setProperty('--on-primary', contrast(white, readable) >= ENOUGH ? '#ffffff' : '#000000');
  }
  const bubble = colour(page, '--sangdam-bubble');
  if (bubble) root.style.setProperty('--own', css(adjusted('--sangdam-bubble', bubble, sunken, text)));
}

/** The first mixture of `colour` with `towards` that stands out from `against`. */
function adjusted(name: string, given: Rgb, towards: Rgb, against: Rgb): Rgb {
  for (let part = 0; part <= 1; part += 0.05) {
    const mixed = given.map((channel, at) => Math.round(channel + (towards[at]! - channel) * part)) as unknown as Rgb;
    if (contrast(mixed, against) < ENOUGH) continue;
    if (part > 0) warn(`${name} ${css(given)} has less contrast than 4.5:1; ${css(mixed)} it is`);
    return mixed;
  }
  return towards;
}

function colour(style: CSSStyleDeclaration, name: string): Rgb | undefined {
  const value = style.getPropertyValue(name).trim();
  const rgb = parseHex(value);
  if (!rgb && value) warn(`${name} must be #rrggbb`);
  return rgb;
}

function css(rgb: Rgb): string {
  return `#${rgb.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}
