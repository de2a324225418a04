import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { browserMissing, buildWeb, launchBrowser } from './browser.js';
import { ScriptedServer } from './scripted-server.js';

const images = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 390, height: 844 };

const SHEET = {
  id: 'passage:deposit-hangyeol-term@3#2',
  title: '한결 정기예금 상품설명서',
  text: '만기일이 지난 뒤에는 만기후이율을 적용합니다. 만기후이율은 경과 기간에 따라 다릅니다.',
};
const STATUTE = {
  id: 'passage:예금자보호법 시행령@1#18',
  title: '예금자보호법 시행령',
  ref: { law: '예금자보호법 시행령', article: '제18조' },
  text: '법 제32조에 따른 보험금의 지급한도는 예금자 1명당 1억원으로 한다.',
};

const LONG = [
  '한결 정기예금은 만기일에 해지하지 않으면 만기일 다음 날부터 만기후이율로 이자를 계산합니다.',
  '만기후이율은 가입할 때의 기본이율보다 낮고, 만기가 지난 기간이 길수록 더 낮아질 수 있습니다.',
  '만기일에 받을 이자는 다음 순서로 확인하실 수 있습니다.',
  '1. 한결앱에서 전체메뉴 > 예금 > 내 예금을 엽니다.',
  '2. 해당 정기예금을 누르고 만기 예상 금액을 확인합니다.',
  '3. 재예치를 원하시면 만기 자동 재예치를 신청합니다.',
  '예금은 원금과 이자를 합해 예금자 1명당 1억원까지 보호됩니다.',
];

/** CSS pixels by which the page or the transcript is wider than its frame. */
const OVERFLOW = `(() => {
  const log = document.querySelector('sangdam-chat').shadowRoot.querySelector('.log');
  return [document.documentElement, ...(log ? [log] : [])].map((box) => box.scrollWidth - box.clientWidth);
})()`;

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
    server.on('정기예금 만기가 지나면 이자는 어떻게 되나요?', (turn) => {
      for (const [index, text] of LONG.entries())
        turn.sentence(text, { sources: [index === LONG.length - 1 ? STATUTE : SHEET] });
      turn.completed('answered');
    });
    server.on('만기', (turn) => {
      turn.sentence('어떤 만기를 말씀하시나요?', { origin: 'system' });
      turn.completed('asked', ['정기예금 만기 이자', '대출 만기 연장', '적금 만기 해지']);
    });
    server.on('환율이 내일 오를까요?', (turn) => {
      turn.withheld('확인할 수 있는 자료가 없어 답변을 보여 드리지 않습니다. 상담사에게 문의해 주세요.');
      turn.completed('withheld');
    });
  });
  afterEach(() => server.close());

  async function state(
    name: string,
    options: BrowserContextOptions,
    act: (page: Page) => Promise<void>,
  ): Promise<void> {
    const context = await browser.newContext({ locale: 'ko-KR', reducedMotion: 'reduce', ...options });
    const page = await context.newPage();
    await page.goto(server.url);
    await act(page);
    await page.mouse.move(0, 0);
    expect(Math.max(...(await page.evaluate<number[]>(OVERFLOW)))).toBe(0);
    if (process.env['SCREENSHOTS']) await page.screenshot({ path: `${images}${name}.png` });
    await context.close();
  }

  async function open(page: Page): Promise<void> {
    await page.getByRole('button', { name: '상담 열기' }).click();
    await page.getByText('이런 것을 물어보세요').waitFor();
  }

  async function ask(page: Page, text: string): Promise<void> {
    await page.getByRole('textbox').fill(text);
    await page.getByRole('textbox').press('Enter');
    await page.getByRole('button', { name: '보내기', exact: true }).waitFor();
    await page.locator('.answer').last().waitFor();
  }

  const longAnswer = async (page: Page): Promise<void> => {
    await open(page);
    await ask(page, '정기예금 만기가 지나면 이자는 어떻게 되나요?');
  };

  const sources = async (page: Page): Promise<void> => {
    await longAnswer(page);
    await page.getByText('출처 2건').click();
    await page.getByText('보험금의 지급한도').scrollIntoViewIfNeeded();
  };

  const failure = async (page: Page): Promise<void> => {
    await open(page);
    await ask(page, '환율이 내일 오를까요?');
    server.failNext('message:send', {
      code: 'limit.rate',
      message: '요청이 너무 많습니다. 20초 뒤에 다시 시도해 주세요.',
    });
    await page.getByRole('textbox').fill('그럼 지금 환율은요?');
    await page.getByRole('textbox').press('Enter');
    await page.getByRole('button', { name: '다시 보내기' }).waitFor();
  };

  it('page', () => state('bank-wide', { viewport: WIDE }, async () => undefined));
  it('page in dark', () => state('bank-dark', { viewport: WIDE, colorScheme: 'dark' }, async () => undefined));
  it('page on a phone', () => state('bank-narrow', { viewport: NARROW }, async () => undefined));
  it('first open', () => state('widget-wide', { viewport: WIDE }, open));
  it('first open on a phone', () => state('widget-narrow', { viewport: NARROW }, open));
  it('long answer', () => state('widget-long-answer', { viewport: WIDE }, longAnswer));
  it('error', () => state('widget-error', { viewport: NARROW }, failure));
  it('dark', () => state('widget-dark', { viewport: WIDE, colorScheme: 'dark' }, sources));
  it('choices, queue and large letters', () =>
    state('widget-large', { viewport: NARROW }, async (page) => {
      await open(page);
      await page.getByRole('button', { name: '글자 크게' }).click();
      await ask(page, '만기');
      await page.getByRole('button', { name: '상담사 연결' }).click();
      await page.getByText('상담사 연결을 요청했습니다.').last().waitFor();
    }));
});
