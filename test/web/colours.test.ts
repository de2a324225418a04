import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { contrast, parseHex } from '../../src/web/widget/contrast.js';

const css = readFileSync(new URL('../../src/web/widget/widget.css', import.meta.url), 'utf8');

/** The colours of a rule. */
function tokens(selector: string): Record<string, string> {
  const start = css.indexOf(`\n${selector} {`);
  const rule = css.slice(start, css.indexOf('}', start));
  return Object.fromEntries(
    [...rule.matchAll(/--([\w-]+): (#[\da-f]{6});/g)].map(([, name, colour]) => [name, colour]),
  );
}

const light = tokens('.root');
const dark = tokens(".root[data-theme='dark']");

/** What stands on what in widget.css, and the least that WCAG 2.2 asks: 4.5 for text, 3 for edges of controls. */
const PAIRS: [string, string[], number][] = [
  ['text', ['bg', 'surface', 'sunken', 'own', 'ai-bg', 'warn-bg', 'danger-bg'], 4.5],
  ['muted', ['bg', 'surface', 'sunken'], 4.5],
  ['primary', ['bg', 'surface', 'sunken'], 4.5],
  ['on-primary', ['primary'], 4.5],
  ['danger', ['bg', 'surface', 'danger-bg'], 4.5],
  ['surface', ['danger'], 4.5],
  ['warn', ['warn-bg'], 4.5],
  ['ok', ['ok-bg'], 4.5],
  ['ai', ['ai-bg'], 4.5],
  ['edge', ['bg', 'surface', 'sunken'], 3],
];

describe.each([
  ['light', light],
  ['dark', dark],
])('the %s theme', (_, theme) => {
  it.each(PAIRS)('%s stands out', (name, grounds, least) => {
    for (const ground of grounds)
      expect(contrast(parseHex(theme[name]!)!, parseHex(theme[ground]!)!), ground).toBeGreaterThanOrEqual(least);
  });
});

it('both themes have the same colours', () => {
  expect(Object.keys(dark)).toEqual(Object.keys(light));
  expect(Object.keys(light).length).toBeGreaterThan(15);
});

describe('contrast', () => {
  it.each([
    ['#000000', '#ffffff', 21],
    ['#ffffff', '#ffffff', 1],
    ['#777777', '#ffffff', 4.48],
  ])('%s on %s', (one, other, ratio) => {
    expect(contrast(parseHex(one)!, parseHex(other)!)).toBeCloseTo(ratio, 2);
  });

  it('knows no other notation', () => {
    for (const colour of ['red', '#12', '#12345', 'rgb(0 0 0)', '']) expect(parseHex(colour)).toBeUndefined();
  });
});
