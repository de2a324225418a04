import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { browserMissing, buildWeb, launchBrowser } from './browser.js';
import { ScriptedServer } from './scripted-server.js';
import { script, STATES, Visitor } from './widget-states.js';

const images = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const PHONE = { viewport: { width: 390, height: 844 } };
const WIDE = { viewport: { width: 1280, height: 800 } };
const TABLET = { viewport: { width: 768, height: 1024 } };
const SMALL = { viewport: { width: 320, height: 568 } };
const KEYBOARD = { viewport: { width: 390, height: 480 } };
const MIDDLE = { viewport: { width: 360, height: 740 } };
const DARK = { colorScheme: 'dark' } as const;

/** CSS pixels by which the page or the transcript is wider than its frame. */
const OVERFLOW = `(() => {
  const log = document.querySelector('sangdam-chat').shadowRoot.querySelector('.log');
  return [document.documentElement, ...(log ? [log] : [])].map((box) => box.scrollWidth - box.clientWidth);
})()`;

interface Shot extends BrowserContextOptions {
  state: keyof typeof STATES | 'page';
  /** Presses of 가+. */
  larger?: number;
}

/** Each is a picture of docs/images. */
const SHOTS: Record<string, Shot> = {
  'bank-wide': { state: 'page', ...WIDE },
  'bank-dark': { state: 'page', ...WIDE, ...DARK },
  'bank-narrow': { state: 'page', ...PHONE },
  'widget-wide': { state: 'first', ...WIDE },
  'widget-narrow': { state: 'first', ...PHONE },
  'widget-long-answer': { state: 'answered', ...TABLET },
  'widget-fraud': { state: 'fraud', ...PHONE },
  'widget-error': { state: 'failed', ...KEYBOARD },
  'widget-dark': { state: 'sources', ...PHONE, ...DARK },
  'widget-large': { state: 'queued', ...MIDDLE, larger: 2 },
  'widget-forced': { state: 'answering', ...SMALL, forcedColors: 'active' },
};

/** `SCREENSHOTS=1 vitest run test/web/states.test.ts` writes the pictures of the documentation as well. */
describe.skipIf(browserMissing)('page and widget fit their frame', () => {
  let browser: Browser;
  let web: Awaited<ReturnType<typeof buildWeb>>;
  let server: ScriptedServer;

  beforeAll(async () => {
    if (process.env['SCREENSHOTS']) await mkdir(images, { recursive: true });
    [browser, web] = await Promise.all([launchBrowser(), buildWeb()]);
  });
  afterAll(async () => {
    await browser?.close();
    await web?.remove();
  });
  beforeEach(async () => {
    server = await ScriptedServer.start(web.folder);
    script(server);
  });
  afterEach(() => server.close());

  async function enter(page: Page, { state, larger = 0 }: Shot): Promise<void> {
    if (state === 'page') return;
    await STATES[state]!.enter(new Visitor(page, server));
    for (let press = 0; press < larger; press++) await page.getByRole('button', { name: '글자 크게' }).click();
    await page.mouse.move(0, 0);
  }

  it.each(Object.entries(SHOTS))('%s', async (name, shot) => {
    const context = await browser.newContext({
      locale: 'ko-KR',
      timezoneId: 'Asia/Seoul',
      reducedMotion: 'reduce',
      ...shot,
    });
    const page = await context.newPage();
    if (shot.state !== 'page' && STATES[shot.state]!.clock) await page.clock.install();
    await page.goto(server.url);
    await enter(page, shot);
    expect(Math.max(...(await page.evaluate<number[]>(OVERFLOW)))).toBe(0);
    if (process.env['SCREENSHOTS']) await page.screenshot({ path: `${images}${name}.png` });
    await context.close();
  });
});
