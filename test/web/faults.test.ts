import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { browserMissing, buildWeb, launchBrowser } from './browser.js';
import { AI_NOTICE, ScriptedServer } from './scripted-server.js';

const SOON = { timeout: 15_000 };

describe.skipIf(browserMissing)('the widget where something fails', () => {
  let browser: Browser;
  let web: Awaited<ReturnType<typeof buildWeb>>;
  let server: ScriptedServer;
  let context: BrowserContext;
  let page: Page;
  let bank: string;

  beforeAll(async () => {
    [browser, web] = await Promise.all([launchBrowser(), buildWeb()]);
  });
  afterAll(async () => {
    await browser?.close();
    await web?.remove();
  });
  beforeEach(async () => {
    server = await ScriptedServer.start(web.folder);
    bank = server.page('/bank', '<script src="widget.js"></script><sangdam-chat></sangdam-chat>');
    context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
    page = await context.newPage();
    page.setDefaultTimeout(15_000);
  });
  afterEach(async () => {
    await context.close();
    await server.close();
    expect(server.violations).toEqual([]);
  });

  const button = (name: string): Locator => page.getByRole('button', { name, exact: true });
  const composer = (): Locator => page.getByRole('textbox', { name: '메시지 입력' });
  const log = (): Locator => page.getByRole('log', { name: '상담 내용' });

  async function openChat(): Promise<void> {
    await page.goto(bank);
    await button('상담 열기').click();
    await log().getByText(AI_NOTICE).waitFor();
  }

  async function ask(text: string): Promise<void> {
    await composer().fill(text);
    await composer().press('Enter');
    await log().getByText(`“${text}”에 대한 답변입니다.`).waitFor();
  }

  it('talks by long polling where a proxy refuses WebSockets', async () => {
    server.webSockets('refused');
    await openChat();
    await ask('질문');
  });

  it('talks by long polling where a proxy takes WebSockets and lets nothing through', async () => {
    server.webSockets('swallowed');
    await page.clock.install();
    await page.goto(bank);
    await button('상담 열기').click();
    await page.clock.runFor(2_100);
    await page.getByText('연결하고 있습니다').waitFor();
    await page.clock.runFor(10_000);
    await page.clock.runFor(5_000);
    await log().getByText(AI_NOTICE).waitFor();
    await ask('질문');
  });

  it('keeps what is written without a connection, however long, and sends it by itself', async () => {
    await page.clock.install();
    await openChat();
    server.goAway();
    await page.getByRole('dialog').getByText('연결이 끊겼습니다.').waitFor({ state: 'detached' });
    await composer().fill('끊긴 동안 하나');
    await composer().press('Enter');
    await composer().fill('끊긴 동안 둘');
    await composer().press('Enter');
    await composer().fill('아직 쓰는 중');
    await page.clock.fastForward('20:00');
    await expect.poll(() => log().getByText('연결되면 보냅니다').count(), SOON).toBe(2);
    await page.getByRole('dialog').getByText('연결이 끊겼습니다.').waitFor();
    expect(await button('다시 보내기').count()).toBe(0);
    server.comeBack();
    await button('지금 다시 연결').click();
    await log().getByText('“끊긴 동안 둘”에 대한 답변입니다.').waitFor();
    expect(server.requests('message:send').map(({ text }) => text)).toEqual(['끊긴 동안 하나', '끊긴 동안 둘']);
    expect(await composer().inputValue()).toBe('아직 쓰는 중');
  });

  it('says after an hour of sleep that the conversation is over, keeps every text, and starts anew at a press', async () => {
    await openChat();
    await ask('잠들기 전 질문');
    await composer().fill('쓰다 만 글');
    const cdp = await context.newCDPSession(page);
    await cdp.send('Page.setWebLifecycleState', { state: 'frozen' });
    server.goAway();
    server.expire();
    server.comeBack();
    await cdp.send('Page.setWebLifecycleState', { state: 'active' });
    await page.getByRole('alert').getByText('대화가 만료되었습니다.').waitFor();
    await page.getByText('이 상담은 더 이어 갈 수 없습니다.').waitFor();
    await log().getByText('“잠들기 전 질문”에 대한 답변입니다.').waitFor();
    expect(server.requests('conversation:open')).toHaveLength(2);
    await button('새 상담 시작').click();
    await log().getByText(AI_NOTICE).waitFor();
    await expect.poll(() => log().getByText('잠들기 전 질문').count(), SOON).toBe(0);
    expect(await composer().inputValue()).toBe('쓰다 만 글');
  });

  it('leaves it to the customer whether an unsent message goes into the next conversation', async () => {
    await openChat();
    await ask('첫 질문');
    server.failNext('message:send', 'silence');
    await composer().fill('보내지 못한 질문');
    await composer().press('Enter');
    await expect.poll(() => server.requests('message:send').length, SOON).toBe(2);
    server.expire();
    server.goAway();
    server.comeBack();
    await button('새 상담 시작').click();
    await log().getByText(AI_NOTICE).waitFor();
    await log().getByText('보내지 못한 질문').waitFor();
    expect(server.requests('message:send')).toHaveLength(2);
    await button('다시 보내기').click();
    await log().getByText('“보내지 못한 질문”에 대한 답변입니다.').waitFor();
  });

  it('gives a second window a conversation of its own, and one opened from the first the same', async () => {
    await openChat();
    await ask('첫 창의 질문');
    const second = await context.newPage();
    await second.goto(bank);
    await second.getByRole('button', { name: '상담 열기' }).click();
    await second.getByText('이런 것을 물어보세요').waitFor();
    expect(await second.getByText('첫 창의 질문').count()).toBe(0);
    expect(server.requests('conversation:open').map((body) => 'conversationId' in body)).toEqual([false, false]);
    await second.close();
  });

  it('goes on in a window that was opened from the first', async () => {
    await openChat();
    await ask('첫 창의 질문');
    const popup = context.waitForEvent('page');
    await page.evaluate('void window.open(location.href)');
    const second = await popup;
    await second.getByRole('button', { name: '상담 열기' }).click();
    await second.getByRole('log', { name: '상담 내용' }).getByText('“첫 창의 질문”에 대한 답변입니다.').waitFor();
    await second.getByRole('textbox').fill('둘째 창의 질문');
    await second.getByRole('textbox').press('Enter');
    await log().getByText('“둘째 창의 질문”에 대한 답변입니다.').waitFor();
    expect(await log().locator('.own .bubble').allInnerTexts()).toEqual(['첫 창의 질문', '둘째 창의 질문']);
  });

  it('shows the service’s dates and counts down rightly where the computer’s clock is a day off', async () => {
    const tomorrow = new Date(Date.now() + 24 * 3_600_000);
    await page.clock.install({ time: tomorrow });
    await openChat();
    await ask('질문');
    const seoul = (at: Date | string): string =>
      new Intl.DateTimeFormat('ko-KR', { timeZone: 'Asia/Seoul', dateStyle: 'full' }).format(new Date(at));
    expect(await log().locator('.day').allInnerTexts()).toEqual([seoul(server.events[0]!.at)]);
    expect(await log().locator('time').first().getAttribute('datetime')).toBe(server.events[1]!.at);
    server.signal({ type: 'closing', data: { seconds: 60 } });
    await page.getByText('60초 뒤에 상담이 종료됩니다.').waitFor();
    await page.clock.runFor(5_000);
    await page.getByText('55초 뒤에 상담이 종료됩니다.').waitFor();
    // Screen readers were told once, and are not told each second.
    expect(await page.getByRole('alert').allInnerTexts()).toEqual([expect.stringContaining('60초 안에')]);
  });

  it('tries again where the part for the connection could not be fetched', async () => {
    let refused = 0;
    await page.route('**/widget.socket.js*', (route) => (refused++ < 2 ? route.abort() : route.continue()));
    await openChat();
    await ask('질문');
    expect(refused).toBeGreaterThan(2);
  });

  it('comes back at once when the computer is online again', async () => {
    await openChat();
    server.goAway();
    await expect.poll(() => page.getByRole('dialog').getByText('연결이 끊겼습니다.').count(), SOON).toBe(1);
    server.comeBack();
    await page.evaluate(`dispatchEvent(new Event('online'))`);
    await expect.poll(() => page.getByRole('dialog').getByText('연결이 끊겼습니다.').count(), SOON).toBe(0);
    await ask('다시 온라인');
  });
});
