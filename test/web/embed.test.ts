import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { contrast, parseHex, type Rgb } from '../../src/web/widget/contrast.js';
import { browserMissing, buildWeb, launchBrowser } from './browser.js';
import { AI_NOTICE, ScriptedServer } from './scripted-server.js';

const SOON = { timeout: 8_000 };
const CHAT = 'document.querySelector("sangdam-chat")';
const ROOT = `${CHAT}.shadowRoot.querySelector(".root")`;

const OWN_STYLE = '<link rel="stylesheet" href="own.css">';

/** Keeps every event of the widget with its detail, from before the script runs. */
const LISTEN = `window.told = [];
  for (const name of ['ready', 'open', 'close', 'unread', 'handoff', 'identity', 'error'])
    document.addEventListener('sangdam:' + name, ({ detail }) => told.push([name, detail]));`;

describe.skipIf(browserMissing)('a bank embeds the widget', () => {
  let browser: Browser;
  let web: Awaited<ReturnType<typeof buildWeb>>;
  let server: ScriptedServer;
  let context: BrowserContext;
  let page: Page;
  let problems: string[];
  let warnings: string[];

  beforeAll(async () => {
    [browser, web] = await Promise.all([launchBrowser(), buildWeb()]);
  });
  afterAll(async () => {
    await browser?.close();
    await web?.remove();
  });
  beforeEach(async () => {
    server = await ScriptedServer.start(web.folder);
    problems = [];
    warnings = [];
  });
  afterEach(async () => {
    await context.close();
    await server.close();
    expect(server.violations).toEqual([]);
    expect(problems).toEqual([]);
  });

  /** A page of the bank with this element on it. */
  async function visit(element: string, options: BrowserContextOptions & { head?: string; csp?: string } = {}) {
    const { head = '', csp, ...rest } = options;
    context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', ...rest });
    page = await context.newPage();
    page.setDefaultTimeout(8_000);
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'warning') warnings.push(message.text());
      // Connections that fail are part of these tests.
      if (message.type() === 'error' && !/WebSocket|status of 40/.test(message.text())) problems.push(message.text());
    });
    await page.addInitScript(LISTEN);
    await page.goto(server.page('/bank', `<title>은행</title>${head}<script src="widget.js"></script>${element}`, csp));
  }

  const button = (name: string): Locator => page.getByRole('button', { name, exact: true });
  const told = (name: string): Promise<unknown[]> =>
    page.evaluate(`told.filter(([given]) => given === '${name}').map(([, detail]) => detail)`);
  const token = (name: string): Promise<string> =>
    page.evaluate(`getComputedStyle(${ROOT}).getPropertyValue('${name}').trim()`);

  it('in its own words: title, greeting, texts, questions, hours, privacy notice', async () => {
    await visit(
      `<sangdam-chat heading="누리 상담" greeting="어서 오세요. 누리은행입니다." hours="매일 09:00~21:00" privacy-href="/privacy"
        starters="환전하고 싶어요|통장을 만들고 싶어요" texts='{"requestHandoff":"직원 연결","placeholder":7,"unknown":"x"}'></sangdam-chat>`,
    );
    await button('상담 열기').click();
    await page.getByRole('dialog', { name: '누리 상담' }).getByText('어서 오세요. 누리은행입니다.').waitFor();
    await page.getByText('상담사 연결: 매일 09:00~21:00').waitFor();
    await button('통장을 만들고 싶어요').waitFor();
    await button('직원 연결').waitFor();
    expect(await page.getByRole('link').getAttribute('href')).toBe('/privacy');
    expect(await page.getByRole('textbox').getAttribute('placeholder')).toBe('궁금한 내용을 입력하세요');
  });

  it('in English, whose texts come as a file of their own', async () => {
    await visit('<sangdam-chat lang="en"></sangdam-chat>');
    await button('Open chat').click();
    await page.getByRole('dialog', { name: 'Hangyeol chat' }).getByText('An AI is answering').waitFor();
    await expect.poll(() => server.requests('conversation:open'), SOON).toEqual([{ locale: 'en' }]);
  });

  it('in Korean where the English texts cannot be had', async () => {
    context = await browser.newContext();
    page = await context.newPage();
    await page.route('**/widget.en.json', (route) => route.abort());
    await page.goto(server.page('/bank', '<script src="widget.js"></script><sangdam-chat lang="en"></sangdam-chat>'));
    await button('상담 열기').waitFor();
  });

  it('in the other corner, further from the edge', async () => {
    await visit('<sangdam-chat position="left" offset-x="40" offset-y="90"></sangdam-chat>');
    expect(await button('상담 열기').boundingBox()).toMatchObject({ x: 40, y: 800 - 90 - 60 });
    await button('상담 열기').click();
    expect(await page.getByRole('dialog').boundingBox()).toMatchObject({ x: 40, y: 90, height: 620 });
  });

  it('takes no senseless distance', async () => {
    await visit('<sangdam-chat offset-x="-50" offset-y="99999"></sangdam-chat>');
    expect(await button('상담 열기').boundingBox()).toMatchObject({ x: 1280 - 20 - 60, y: 800 - 200 - 60 });
  });

  it('in the theme that it says, whatever the system says, and changes it while it runs', async () => {
    await visit('<sangdam-chat theme="dark"></sangdam-chat>', { colorScheme: 'light' });
    expect(await token('--surface')).toBe('#182028');
    await page.evaluate(`${CHAT}.setAttribute('theme', 'auto')`);
    expect(await token('--surface')).toBe('#fff');
    await page.emulateMedia({ colorScheme: 'dark' });
    await expect.poll(() => token('--surface'), SOON).toBe('#182028');
  });

  it.each(['light', 'dark'] as const)('in its own colours, made readable where they are not (%s)', async (theme) => {
    for (const [given, bubble] of [
      ['#ffbc00', '#ffcc00'],
      ['#0046ff', '#001a66'],
      ['#777777', '#777777'],
    ] as const) {
      server.page('/own.css', `sangdam-chat { --sangdam-primary: ${given}; --sangdam-bubble: ${bubble} }`);
      await visit(`<sangdam-chat theme="${theme}"></sangdam-chat>`, { head: OWN_STYLE });
      await button('상담 열기').waitFor();
      const of = async (name: string): Promise<Rgb> => parseHex(await token(name))!;
      for (const ground of ['--surface', '--bg', '--sunken'])
        expect(contrast(await of('--primary'), await of(ground)), `${given} on ${ground}`).toBeGreaterThanOrEqual(4.5);
      expect(contrast(await of('--on-primary'), await of('--primary'))).toBeGreaterThanOrEqual(4.5);
      expect(contrast(await of('--text'), await of('--own'))).toBeGreaterThanOrEqual(4.5);
      await context.close();
    }
  });

  it('leaves a readable colour as it is, says when it changes one, and refuses what is no colour', async () => {
    const start = async (colour: string): Promise<string> => {
      server.page('/own.css', `:root { --sangdam-primary: ${colour} }`);
      await visit('<sangdam-chat theme="light"></sangdam-chat>', { head: OWN_STYLE });
      await button('상담 열기').waitFor();
      return token('--primary');
    };
    expect(await start('#7a1fa2')).toBe('#7a1fa2');
    expect(warnings).toEqual([]);
    await context.close();
    expect(await start('#ffbc00')).not.toBe('#ffbc00');
    expect(warnings.join()).toContain('--sangdam-primary #ffbc00 has less contrast than 4.5:1');
    await context.close();
    expect(await start('url(javascript:1)')).toBe('#0b4f7d');
    expect(warnings.join()).toContain('--sangdam-primary must be #rrggbb');
  });

  it('hears when it is ready, opened, closed, unread, handed over or in error, and never what was said', async () => {
    await visit('<sangdam-chat></sangdam-chat>');
    expect(await told('ready')).toHaveLength(1);
    await page.evaluate(`${CHAT}.open('비밀 질문')`);
    await page.getByText(AI_NOTICE).first().waitFor();
    expect(await page.getByRole('textbox').inputValue()).toBe('비밀 질문');
    server.failNext('message:send', { code: 'limit.rate', message: '너무 많습니다.' });
    server.failNext('handoff:request', { code: 'limit.rate', message: '너무 많습니다.' });
    await button('상담사 연결').click();
    await page.getByRole('alert').waitFor();
    await button('상담사 연결').click();
    await page.getByText('상담사를 기다리는 중입니다').first().waitFor();
    await page.evaluate(`${CHAT}.close()`);
    server.commit({ type: 'handoff.joined', origin: 'counsellor', data: { counsellor: '김하늘' } });
    server.commit({ type: 'message', origin: 'counsellor', data: { text: '비밀 답변' } });
    await page.getByText('비밀 답변').first().waitFor({ state: 'attached' });
    expect(await told('open')).toHaveLength(1);
    expect(await told('close')).toHaveLength(1);
    expect(await told('error')).toEqual([{ code: 'limit.rate' }]);
    expect(await told('handoff')).toEqual([{ state: 'queued' }, { state: 'counsellor' }]);
    expect(await told('unread')).toEqual([{ count: 1 }, { count: 2 }]);
    expect(JSON.stringify(await page.evaluate('told'))).not.toContain('비밀');
  });

  it('is open at once where the page wants it', async () => {
    await visit('<sangdam-chat auto-open></sangdam-chat>');
    await page.getByRole('dialog').getByText(AI_NOTICE).waitFor();
  });

  it('downloads nothing but the script before somebody means to open it', async () => {
    const asked: string[] = [];
    context = await browser.newContext();
    page = await context.newPage();
    page.on('request', (request) => void asked.push(new URL(request.url()).pathname));
    await page.goto(
      server.page(
        '/bank',
        '<link rel="icon" href="data:,"><script src="widget.js"></script><sangdam-chat></sangdam-chat>',
      ),
    );
    await button('상담 열기').waitFor();
    expect(asked).toEqual(['/bank', '/widget.js']);
    await button('상담 열기').hover();
    await expect.poll(() => asked, SOON).toContain('/widget.socket.js');
    expect(server.received).toEqual([]);
  });

  describe('who its signed-in customers are', () => {
    const EXPIRED = { code: 'identity.expired', message: '로그인이 만료되었습니다.' };

    it('by a token that the element carries or the page sets', async () => {
      await visit('<sangdam-chat identity="from-attribute"></sangdam-chat>');
      await button('상담 열기').click();
      await page.getByText(AI_NOTICE).first().waitFor();
      expect(server.requests('conversation:open')).toEqual([{ identity: 'from-attribute', locale: 'ko' }]);
    });

    it('asks for another token when it has expired, and goes on with the text and the conversation', async () => {
      await visit('<sangdam-chat></sangdam-chat>');
      await page.evaluate(`${CHAT}.setIdentity('first')`);
      await button('상담 열기').click();
      await page.getByText(AI_NOTICE).first().waitFor();
      await page.getByRole('textbox').fill('쓰다 만 질문');
      server.failNext('conversation:open', EXPIRED);
      server.goAway();
      server.comeBack();
      await expect.poll(() => told('identity'), SOON).toHaveLength(1);
      await page.getByRole('dialog').getByText('로그인이 확인되지 않았습니다. 다시 로그인하시면').waitFor();
      await page.evaluate(`${CHAT}.setIdentity('second')`);
      await expect.poll(() => page.getByRole('textbox').inputValue()).toBe('쓰다 만 질문');
      await button('보내기').click();
      await page.getByRole('log', { name: '상담 내용' }).getByText('“쓰다 만 질문”에 대한 답변입니다.').waitFor();
      expect(server.requests('conversation:open').at(-1)).toMatchObject({
        identity: 'second',
        conversationId: expect.any(String),
      });
    });

    it('waits after a reload until the page has said who is there', async () => {
      await visit('<sangdam-chat></sangdam-chat>');
      await page.evaluate(`${CHAT}.setIdentity('mine')`);
      await button('상담 열기').click();
      await page.getByRole('textbox').fill('내 질문');
      await page.getByRole('textbox').press('Enter');
      await page.getByRole('log', { name: '상담 내용' }).getByText('“내 질문”에 대한 답변입니다.').waitFor();
      await page.reload();
      await expect.poll(() => told('identity'), SOON).toHaveLength(1);
      expect(server.requests('conversation:open')).toHaveLength(1);
      await page.evaluate(`${CHAT}.setIdentity('mine')`);
      await button('상담 열기').click();
      await page.getByRole('log', { name: '상담 내용' }).getByText('“내 질문”에 대한 답변입니다.').waitFor();
    });

    it('lets those go on without signing in whom the page does not sign in again', async () => {
      await visit('<sangdam-chat identity="old"></sangdam-chat>');
      server.failNext('conversation:open', EXPIRED);
      await button('상담 열기').click();
      await button('새 상담 시작').click();
      await page.getByText(AI_NOTICE).first().waitFor();
      expect(server.requests('conversation:open').at(-1)).toEqual({ locale: 'ko' });
    });

    it('tells the page of a token that is none, and serves the customer without', async () => {
      await visit('<sangdam-chat identity="bad"></sangdam-chat>');
      server.failNext('conversation:open', { code: 'identity.invalid', message: '로그인 정보를 확인할 수 없습니다.' });
      await button('상담 열기').click();
      await page.getByText(AI_NOTICE).first().waitFor();
      expect(await told('error')).toEqual([{ code: 'identity.invalid' }]);
      expect(server.requests('conversation:open').at(-1)).toEqual({ locale: 'ko' });
    });

    it('shuts the conversation to whoever comes next at the computer when they sign out', async () => {
      await visit('<sangdam-chat identity="mine"></sangdam-chat>');
      await button('상담 열기').click();
      await page.getByRole('textbox').fill('내 질문');
      await page.getByRole('textbox').press('Enter');
      await page.getByRole('log', { name: '상담 내용' }).getByText('“내 질문”에 대한 답변입니다.').waitFor();
      await page.evaluate(`${CHAT}.setIdentity(null)`);
      await expect.poll(() => page.getByText('내 질문').count(), SOON).toBe(0);
      await expect.poll(() => server.requests('conversation:open').at(-1), SOON).toEqual({ locale: 'ko' });
    });
  });

  it('keeps its looks on a page that resets everything', async () => {
    await visit('<sangdam-chat></sangdam-chat>', {
      head: '<style>html { font-size: 62.5% } * { all: unset !important }</style>',
      csp: "default-src 'self'; style-src 'unsafe-inline'; connect-src 'self' ws:; require-trusted-types-for 'script'",
    });
    expect(await button('상담 열기').boundingBox()).toEqual({ x: 1200, y: 720, width: 60, height: 60 });
    await button('상담 열기').click();
    await page.getByText(AI_NOTICE).first().waitFor();
    expect(await page.getByRole('dialog').boundingBox()).toMatchObject({ x: 860, width: 400, height: 640 });
    expect(await page.evaluate(`getComputedStyle(${ROOT}).fontSize`)).toBe('16px');
  });

  it('runs in a frame whose storage is blocked', async () => {
    server.page(
      '/frame',
      '<script src="widget.js"></script><sangdam-chat auto-open></sangdam-chat>',
      "default-src * 'unsafe-inline'; connect-src *",
    );
    await visit('', { csp: '' });
    await page.goto(
      server.page('/outside', '<iframe sandbox="allow-scripts" src="/frame" width="400" height="700"></iframe>', ''),
    );
    const frame = page.frameLocator('iframe');
    await frame.getByText(AI_NOTICE).first().waitFor();
    await frame.getByRole('button', { name: '글자 크게' }).click();
    await frame.getByRole('textbox').fill('질문');
    await frame.getByRole('textbox').press('Enter');
    await frame.getByRole('log', { name: '상담 내용' }).getByText('“질문”에 대한 답변입니다.').waitFor();
  });
});
