import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ServiceLevel } from '../../src/conversation/service-level.js';
import { preparedStore, type PreparedStore } from '../support/prepared-store.js';
import { startService, type RunningService } from '../support/service.js';
import { ChatClient } from '../support/chat-client.js';
import { browserMissing, launchBrowser } from '../web/browser.js';

const TOKEN = 'operator-token-of-more-than-32-characters';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const VIOLATIONS = `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html))`;
const SIDEWAYS = `document.documentElement.scrollWidth - document.documentElement.clientWidth`;

describe.skipIf(browserMissing)('the operations page', () => {
  let browser: Browser;
  let store: PreparedStore;
  let service: RunningService;
  let context: BrowserContext;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    [browser, store] = await Promise.all([launchBrowser(), preparedStore('embedded')]);
    service = await startService({ store });
  });
  afterEach(async () => {
    await context?.close();
    expect(problems).toEqual([]);
  });
  afterAll(async () => {
    await service?.stop();
    await browser?.close();
    await store?.remove();
  });

  /** The page in a new browser profile; whatever it complains about (a breach of its policy among it) is a fault. */
  async function visit(options: BrowserContextOptions = {}, url = service.url): Promise<void> {
    const viewport = { width: 1280, height: 800 };
    context = await browser.newContext({
      locale: 'ko-KR',
      viewport,
      reducedMotion: 'reduce',
      ...options,
    });
    page = await context.newPage();
    page.setDefaultTimeout(15_000);
    const found: string[] = [];
    problems = found;
    page.on('pageerror', (error) => found.push(String(error)));
    // An answer that is no success is told on the console too; what the page makes of it is what is tested.
    page.on('console', (message) => {
      if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) found.push(message.text());
    });
    await page.goto(`${url}/operations`);
    await page.getByRole('heading', { level: 2 }).first().waitFor();
  }

  const level = (name: string) => page.getByRole('button', { name: new RegExp(`^${name}`) });
  const dialog = () => page.getByRole('dialog');

  async function expectAccessible(): Promise<void> {
    // Through the debugger, which the page's policy does not bind.
    await page.evaluate(AXE);
    expect(await page.evaluate<string[]>(VIOLATIONS)).toEqual([]);
  }

  it('shows how the service is, and keeps up with it', async () => {
    await visit();
    await page
      .getByText('PostgreSQL')
      .or(page.getByText('내장', { exact: true }))
      .waitFor();
    const now = page.getByRole('region', { name: '지금' });
    await now.getByText('연결', { exact: true }).waitFor();
    const client = await ChatClient.open(service.url);
    await client.ask('정기예금 만기가 지나면 이자는 어떻게 되나요?');
    await client.call('feedback:give', { seq: 99, rating: 'up' });
    await page.getByText('event.unknown').waitFor();
    await page.getByRole('region', { name: '최근 15분' }).getByText('중앙값').first().waitFor();
    expect(await now.locator('dd').nth(3).innerText()).toBe('1');
    expect(await page.locator('body').innerText()).not.toContain('정기예금');
    client.close();
  });

  it('changes the level by the keyboard, after asking, with a reason', async () => {
    await visit();
    await level('모범답변만').focus();
    await page.keyboard.press('Enter');
    await dialog().waitFor();
    await page.keyboard.press('Escape');
    expect(await level('전체').getAttribute('aria-pressed')).toBe('true');
    expect(await page.evaluate<string>('document.activeElement.textContent')).toBe('모범답변만');

    await page.keyboard.press('Enter');
    await page.keyboard.type('모델 점검');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('status').getByText('모범답변만').waitFor();
    await expect.poll(() => level('모범답변만').getAttribute('aria-pressed')).toBe('true');
    await page.getByText('사유: 모델 점검').waitFor();
    const changes = await service.app.get(ServiceLevel, { strict: false }).history(1);
    expect(changes).toMatchObject([{ level: 'exemplars', by: 'operations page', reason: '모델 점검' }]);
    await page.getByText('변경 기록').click();
    await page.getByRole('cell', { name: '모델 점검' }).waitFor();
    await service.app.get(ServiceLevel, { strict: false }).set('full', 'command');
  });

  it.each([
    ['wide and light', {}],
    ['dark', { colorScheme: 'dark' }],
    ['narrow', { viewport: { width: 390, height: 844 } }],
    ['at 320 pixels', { viewport: { width: 320, height: 256 } }],
    ['in English', { locale: 'en-GB' }],
  ] satisfies [string, BrowserContextOptions][])(
    'has no fault that axe finds and no sideways scroll: %s',
    async (_, options) => {
      await visit(options);
      await expectAccessible();
      expect(await page.evaluate<number>(SIDEWAYS)).toBe(0);
      await page.getByRole('button', { name: /^(중단|Off)/ }).click();
      await dialog().waitFor();
      await expectAccessible();
      expect(await page.evaluate<number>(SIDEWAYS)).toBe(0);
    },
  );

  it('speaks the other language at a click', async () => {
    await visit();
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('heading', { name: 'Level of service' }).waitFor();
    expect(await page.evaluate('document.documentElement.lang')).toBe('en');
  });

  it('says when the service is gone, keeps what it knew, and comes back by itself', async () => {
    await visit();
    await context.setOffline(true);
    await page.getByRole('alert').getByText('연결되지 않습니다').waitFor();
    await page.getByRole('heading', { name: '버전' }).waitFor();
    await expectAccessible();
    await context.setOffline(false);
    await expect.poll(() => page.getByRole('alert').count(), { timeout: 10_000 }).toBe(0);
  });

  describe('with an operator token', () => {
    let guarded: RunningService;
    let other: PreparedStore;
    beforeAll(async () => {
      other = await preparedStore('embedded');
      guarded = await startService({ store: other, environment: { SANGDAM_OPERATOR_TOKEN: TOKEN } });
    });
    afterAll(async () => {
      await guarded?.stop();
      await other?.remove();
    });

    it('asks for it once, keeps nothing of it in the page, and lets go of it', async () => {
      await visit({}, guarded.url);
      await expectAccessible();
      const token = page.getByLabel('운영자 토큰');
      await token.fill('wrong');
      await token.press('Enter');
      await page.getByRole('alert').getByText('운영자 토큰이 필요합니다').waitFor();
      await token.fill(TOKEN);
      await token.press('Enter');
      await page.getByRole('heading', { name: '운영 단계' }).waitFor();
      expect(
        await page.evaluate('document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)'),
      ).toBe('{}{}');
      await page.reload();
      await page.getByRole('heading', { name: '운영 단계' }).waitFor();
      await page.getByRole('button', { name: '로그아웃' }).click();
      await token.waitFor();
    });
  });
});
