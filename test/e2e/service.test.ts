import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { preparedStore, type PreparedStore } from '../support/prepared-store.js';
import { freePort, spawnService, type SpawnedService } from '../support/spawned-service.js';
import { browserMissing, launchBrowser } from '../web/browser.js';

const AI_NOTICE = '이 상담은 인공지능(AI)이 답합니다.';
const REPAYMENT = '대출 납부일 당일 몇 시까지 통장에 돈을 넣어 두면 연체가 안 되나요?';
/** The best hit is a passage of a statute, so a model chooses sentences of it; without one it is quoted. */
const STATUTE =
  '외국환거래법상 변경신고를 하지 않거나 거짓으로 신고하고 외국환업무나 중개업무를 한 경우 과태료는 얼마인가요?';
const FRAUD = '방금 보이스피싱에 속아서 돈을 보냈어요';

const images = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 390, height: 844 };

/** The page and the transcript scroll sideways by so many pixels. */
const OVERFLOW = `(() => {
  const log = document.querySelector('sangdam-chat').shadowRoot.querySelector('.log');
  return [document.documentElement, log].map((box) => box.scrollWidth - box.clientWidth);
})()`;

/** `SCREENSHOTS=1 vitest run test/e2e/service.test.ts` writes the pictures of the documentation as well. */
describe.skipIf(browserMissing)('a customer in a browser on the running service', () => {
  let browser: Browser;
  let store: PreparedStore;
  let service: SpawnedService;
  let context: BrowserContext | undefined;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    [browser, store] = await Promise.all([launchBrowser(), preparedStore('embedded')]);
    if (process.env['SCREENSHOTS']) mkdirSync(images, { recursive: true });
  });
  afterEach(async () => {
    await context?.close();
    context = undefined;
    expect(problems).toEqual([]);
  });
  afterAll(async () => {
    await service?.kill();
    await browser?.close();
    await store?.remove();
  });

  const button = (name: string): Locator => page.getByRole('button', { name, exact: true });
  const composer = (): Locator => page.getByRole('textbox', { name: '메시지 입력' });
  const dialog = (): Locator => page.getByRole('dialog', { name: '한결 상담' });
  const log = (): Locator => page.getByRole('log', { name: '상담 내용' });
  const ownBubbles = (): Locator => log().locator('.own .bubble');
  const answers = (): Locator => log().locator('.answer');

  async function visit(viewport = WIDE, url = service.url): Promise<void> {
    context = await browser.newContext({
      locale: 'ko-KR',
      timezoneId: 'Asia/Seoul',
      viewport,
      reducedMotion: 'reduce',
    });
    page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const found: string[] = [];
    problems = found;
    page.on('pageerror', (error) => found.push(String(error)));
    // A service that is gone is a part of these tests; everything else on the console (CSP reports among it) is a fault.
    page.on('console', (message) => {
      const gone = /WebSocket connection|ERR_CONNECTION/.test(message.text());
      if (['error', 'warning'].includes(message.type()) && !gone) found.push(message.text());
    });
    await page.addInitScript(
      `addEventListener('securitypolicyviolation', (event) => console.error('CSP', event.violatedDirective, event.blockedURI))`,
    );
    await page.goto(url);
  }

  async function openChat(viewport = WIDE): Promise<void> {
    await visit(viewport);
    await button('상담 열기').click();
    await log().getByText(AI_NOTICE).waitFor();
  }

  async function send(text: string): Promise<void> {
    await composer().fill(text);
    await composer().press('Enter');
  }

  /** Sends and waits until the answer is complete; the newest answer. */
  async function ask(text: string): Promise<Locator> {
    const before = await answers().count();
    await send(text);
    const answer = answers().nth(before);
    await answer.waitFor();
    await button('보내기').waitFor();
    return answer;
  }

  /** Whole, within the part of the transcript that is seen without scrolling. */
  async function expectInView(part: Locator): Promise<void> {
    const hidden = async (): Promise<number> => {
      const [frame, box] = await Promise.all([log().boundingBox(), part.boundingBox()]);
      return Math.max(frame!.y - box!.y, box!.y + box!.height - frame!.y - frame!.height);
    };
    await part.waitFor();
    await expect.poll(hidden).toBeLessThanOrEqual(0);
  }

  async function fits(name: string): Promise<void> {
    await page.mouse.move(0, 0);
    expect(await page.evaluate<number[]>(OVERFLOW)).toEqual([0, 0]);
    if (process.env['SCREENSHOTS']) await page.screenshot({ path: join(images, `service-${name}.png`) });
  }

  describe('without a chat model', () => {
    beforeAll(async () => {
      service = await spawnService(store.environment);
    });

    it('shows a page and, at the first opening, that an AI answers', async () => {
      await visit();
      await page.getByRole('heading', { level: 1 }).waitFor();
      await button('상담 열기').click();
      await log().getByText('이런 것을 물어보세요').waitFor();
      await expectInView(log().getByText(AI_NOTICE));
      await fits('first');
    });

    it('gives the widget’s parts compressed, to pages of every origin', async () => {
      for (const name of ['widget.js', 'widget.socket.js', 'widget.en.json']) {
        const sizes: number[] = [];
        for (const encoding of ['br', 'gzip', undefined]) {
          const answer = await fetch(new URL(name, service.url), {
            headers: { 'accept-encoding': encoding ?? 'identity' },
          });
          expect(answer.headers.get('content-encoding')).toBe(encoding ?? null);
          expect(answer.headers.get('content-type')).toContain(name.endsWith('js') ? 'javascript' : 'json');
          expect(answer.headers.get('access-control-allow-origin')).toBe('*');
          expect(await answer.text()).toContain(name.endsWith('json') ? '"title":"Hangyeol chat"' : 'prototype');
          sizes.push(Number(answer.headers.get('content-length')));
        }
        expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
      }
    });

    it('answers with the approved answer and a source that opens', async () => {
      await openChat();
      const answer = await ask(REPAYMENT);
      await answer.getByText('모범답변', { exact: true }).waitFor();
      expect(await answer.locator('.sentence').count()).toBeGreaterThan(0);
      await answer.locator('summary').click();
      const text = answer.locator('.source-text').first();
      await expectInView(text);
      expect((await text.innerText()).length).toBeGreaterThan(10);
      await fits('wide');
    });

    it('quotes the statute from its first line on, and names it', async () => {
      await openChat();
      const answer = await ask(STATUTE);
      await expectInView(answer.locator('.meta'));
      await fits('long');
      await answer.locator('summary').click();
      await answer
        .getByText(/외국환거래법.* 제\d+조/)
        .first()
        .waitFor();
    });

    it('shows a telephone number masked in the own bubble', async () => {
      await openChat();
      await ask(`제 번호는 010-2345-6789인데 ${REPAYMENT}`);
      await ownBubbles().filter({ hasText: '[전화번호' }).waitFor();
      expect(await log().innerText()).not.toMatch(/2345|6789/);
    });

    it('tells a victim of fraud at once what to do, and calls people', async () => {
      await openChat(NARROW);
      const answer = await ask(FRAUD);
      await answer.getByText('112').first().waitFor();
      await answer.getByText('1394').first().waitFor();
      await dialog().getByRole('link', { name: '경찰 112' }).waitFor();
      await dialog().getByText('상담사를 기다리는 중입니다').waitFor();
      await expectInView(answer.locator('.meta'));
      await fits('fraud');
    });

    it('says when people work to those who ask for one, and lets them change their mind', async () => {
      await openChat();
      await button('상담사 연결').click();
      await log().getByText('평일 09:00~18:00').last().waitFor();
      await dialog().getByText('상담사를 기다리는 중입니다').waitFor();
      await button('연결 취소').click();
      await log().getByText('상담사 연결을 취소했습니다.').waitFor();
      await dialog().getByText('AI가 답변합니다').first().waitFor();
    });

    it('keeps the conversation over a reload', async () => {
      await openChat(NARROW);
      const text = await (await ask(REPAYMENT)).locator('.prose').innerText();
      await page.reload();
      await button('상담 열기').click();
      await ownBubbles().getByText(REPAYMENT).waitFor();
      expect(await answers().locator('.prose').allInnerTexts()).toEqual([text]);
      await fits('narrow');
    });

    it('comes back with everything after the service was killed', async () => {
      await openChat();
      await ask(REPAYMENT);
      const before = await log().locator('.prose').allInnerTexts();
      await service.kill('SIGKILL');
      await dialog().getByText('연결이 끊겼습니다.').waitFor();
      await composer().fill(STATUTE);
      await fits('error');
      service = await spawnService(store.environment, service.port);
      await expect.poll(() => dialog().getByText('연결이 끊겼습니다.').count(), { timeout: 30_000 }).toBe(0);
      expect(await composer().inputValue()).toBe(STATUTE);
      await ask(STATUTE);
      const after = await log().locator('.prose').allInnerTexts();
      expect(after.slice(0, before.length)).toEqual(before);
      expect(await ownBubbles().allInnerTexts()).toEqual([REPAYMENT, STATUTE]);
    });
  });

  describe('with a chat model that chooses sentences and on a page of another origin', () => {
    let bank: Server;
    let bankUrl: string;

    beforeAll(async () => {
      const port = await freePort();
      bankUrl = `http://localhost:${port}`;
      const script = join(store.folder, 'script.json');
      const slow = { when: STATUTE, chunks: ['1, ', '2'], delayMs: 1_500 };
      writeFileSync(script, JSON.stringify({ replies: [slow, { chunks: ['1, ', '2'] }] }));
      await service.kill('SIGTERM');
      service = await spawnService({
        ...store.environment,
        SANGDAM_CHAT_MODEL: `scripted:${script}`,
        SANGDAM_ORIGINS: bankUrl,
      });
      bank = bankPage(service);
      await new Promise<void>((resolve) => bank.listen(port, 'localhost', resolve));
    });
    afterAll(() => void bank?.close());

    it('marks what the model chose as made by AI, with the law as its source', async () => {
      await openChat();
      const answer = await ask(STATUTE);
      await answer.getByText('AI 생성', { exact: true }).waitFor();
      await answer.locator('summary').click();
      await answer
        .getByText(/외국환거래법.* 제\d+조/)
        .first()
        .waitFor();
      await fits('ai');
    });

    it('stops a slow answer and goes on', async () => {
      await openChat();
      await send(STATUTE);
      await log().getByText('확인 중 · 답변을 쓰고 있습니다').waitFor();
      await button('답변 멈추기').click();
      await log().getByText('답변을 멈췄습니다.').waitFor();
      const answer = await ask(REPAYMENT);
      await answer.getByText('모범답변', { exact: true }).waitFor();
    });

    it('is embedded by one tag under the strict policy that docs/widget.md gives', async () => {
      await visit(WIDE, bankUrl);
      await page.evaluate(`document.querySelector('sangdam-chat').open('${REPAYMENT}')`);
      await log().getByText(AI_NOTICE).waitFor();
      await button('보내기').click();
      await answers().getByText('모범답변', { exact: true }).waitFor();
    });
  });
});

/** A bank's own page, with nothing allowed but what the widget needs (docs/widget.md). */
function bankPage({ url }: SpawnedService): Server {
  const policy = `default-src 'none'; script-src ${url}; connect-src ${url} ${url.replace('http', 'ws')}`;
  const html = `<!doctype html><html lang="ko"><title>은행</title><body><script src="${url}/widget.js" async data-auto></script>`;
  return createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy });
    response.end(html);
  });
}
