import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { browserMissing, buildWeb, launchBrowser } from './browser.js';
import { ScriptedServer } from './scripted-server.js';
import { script, STATES, Visitor, type WidgetState } from './widget-states.js';

const SHADOW = 'document.querySelector("sangdam-chat").shadowRoot';
const THEMES = ['light', 'dark'];

/** What axe finds in the widget: rule and element. A theme changes nothing but colours. */
const axeRun = (theme: string): string => `axe.run('sangdam-chat', {
    resultTypes: ['violations'],
    ${theme === 'dark' ? "runOnly: ['color-contrast', 'link-in-text-block']," : ''}
  }).then(({ violations }) =>
  violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => id + ' ' + target.flat().at(-1))))`;

/** Buttons and links that are lower or narrower than 44 CSS pixels (KWCAG 2.2 6.1.3: 6 mm). Half a pixel is rounding. */
const SMALL_TARGETS = `[...${SHADOW}.querySelectorAll('button, a, summary, textarea')]
  .map((part) => [part.textContent || part.ariaLabel, part.getBoundingClientRect()])
  .filter(([, { width, height }]) => width > 0 && (width < 43.5 || height < 43.5))
  .map(([name, { width, height }]) => name + ' ' + Math.round(width) + '×' + Math.round(height))`;

/**
 * What is cut off or needs scrolling sideways: parts of the window beyond its sides, parts whose text is wider than they are,
 * and parts that clip their text below (those that scroll do not, unless they could be higher).
 */
const LOST = `(() => {
  const shadow = ${SHADOW};
  const frame = (shadow.querySelector('.panel') ?? shadow.querySelector('.corner')).getBoundingClientRect();
  const parts = [...shadow.querySelectorAll('.root > div:first-child *')].filter((part) => part.checkVisibility());
  return parts.filter((part) => {
    const box = part.getBoundingClientRect();
    const { overflowX, overflowY, clipPath } = getComputedStyle(part);
    if (clipPath !== 'none' || part.closest('svg')) return false;
    const beyond = box.left < frame.left - 1 || box.right > frame.right + 1;
    const sideways = part.clientWidth > 0 && part.scrollWidth > part.clientWidth + 1;
    const clips = overflowY === 'hidden' && overflowX === 'hidden' && !part.matches('.panel, .preview-text span');
    const low = part.matches('textarea') && part.rows < 5;
    const cut = (clips || low) && part.scrollHeight > part.clientHeight + 1;
    return beyond || sideways || cut;
  }).map((part) => part.tagName + '.' + part.className);
})()`;

/** Two frames: what follows a change of size has been drawn. */
const SETTLED =
  'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve))))';

/** WCAG 2.2 success criterion 1.4.12. */
const TEXT_SPACING =
  '* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }';

describe.skipIf(browserMissing)('everybody can use the widget', () => {
  let browser: Browser;
  let web: Awaited<ReturnType<typeof buildWeb>>;
  let server: ScriptedServer;

  beforeAll(async () => {
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
  afterEach(async () => {
    await server.close();
    expect(server.violations).toEqual([]);
  });

  /** A page with nothing but the widget, in that state. */
  async function enter(state: WidgetState, options: BrowserContextOptions = {}): Promise<Page> {
    const defaults = { locale: 'ko-KR', timezoneId: 'Asia/Seoul', reducedMotion: 'reduce' } as const;
    const context = await browser.newContext({ ...defaults, viewport: { width: 390, height: 844 }, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(8_000);
    if (state.clock) await page.clock.install();
    await page.goto(server.page('/bare', BARE));
    await state.enter(new Visitor(page, server));
    return page;
  }

  /** 큰글씨 at its largest, where the window is open. */
  async function enlarge(page: Page): Promise<void> {
    const larger = page.getByRole('button', { name: '글자 크게' });
    if ((await larger.count()) === 0) return;
    await larger.click();
    await larger.click();
    expect(await page.evaluate(`${SHADOW}.querySelector('.root').dataset.size`)).toBe('24');
  }

  describe.each(Object.entries(STATES))('%s', (_, state) => {
    it('has no violation in either theme at 16 and 24 px, small targets nowhere, and loses nothing', async () => {
      const page = await enter(state);
      await page.evaluate(axe.source);
      const found: Record<string, unknown> = {};
      const look = async (size: number): Promise<void> => {
        await page.evaluate(SETTLED);
        for (const theme of THEMES) {
          await page.evaluate(`document.querySelector('sangdam-chat').setAttribute('theme', '${theme}')`);
          found[`axe ${theme} ${size}`] = await page.evaluate(axeRun(theme));
        }
        found[`targets ${size}`] = await page.evaluate(SMALL_TARGETS);
        found[`lost ${size}`] = await page.evaluate(LOST);
        await page.setViewportSize({ width: 320, height: 256 });
        await page.evaluate(SETTLED);
        found[`lost at a zoom of 400 % ${size}`] = await page.evaluate(LOST);
        await page.setViewportSize({ width: 390, height: 844 });
      };
      await look(16);
      await enlarge(page);
      await look(24);
      await page.evaluate(`{ const sheet = new CSSStyleSheet(); sheet.replaceSync(${JSON.stringify(TEXT_SPACING)});
        ${SHADOW}.adoptedStyleSheets.push(sheet); }`);
      await page.evaluate(SETTLED);
      found['lost with text spacing'] = await page.evaluate(LOST);
      await page.context().close();
      expect(Object.entries(found).filter(([, problems]) => (problems as unknown[]).length > 0)).toEqual([]);
    });
  });

  describe('what the system asks for', () => {
    const style = (selector: string, property: string): string =>
      `getComputedStyle(${SHADOW}.querySelector('${selector}')).${property}`;

    it('forced colours leave nothing to be told by its ground alone', async () => {
      const page = await enter(STATES['fraud']!, { forcedColors: 'active' });
      for (const part of ['.own .bubble', '.origin', '.step', '.call', '.composer textarea', '.send'])
        expect(await page.evaluate(style(part, 'borderTopStyle')), part).not.toBe('none');
      await page.context().close();
    });

    it('more contrast: no grey text, no faint lines', async () => {
      const page = await enter(STATES['answered']!, { contrast: 'more' });
      const text = await page.evaluate(style('.root', 'color'));
      expect(await page.evaluate(style('.meta', 'color'))).toBe(text);
      expect(await page.evaluate(style('.bubble', 'borderTopColor'))).toBe(text);
      await page.context().close();
    });

    it('less motion: nothing moves', async () => {
      const moving = `${SHADOW}.getAnimations().length`;
      const still = await enter(STATES['answering']!, { reducedMotion: 'reduce' });
      expect(await still.evaluate(moving)).toBe(0);
      await still.context().close();
      const lively = await enter(STATES['answering']!, { reducedMotion: 'no-preference' });
      expect(await lively.evaluate(moving)).toBeGreaterThan(0);
      await lively.context().close();
    });

    it('a zoom of 200 %: the window fills the screen and loses nothing', async () => {
      const page = await enter(STATES['queued']!, { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 });
      expect(await page.getByRole('dialog').boundingBox()).toEqual({ x: 0, y: 0, width: 640, height: 400 });
      expect(await page.evaluate(LOST)).toEqual([]);
      await page.context().close();
    });

    it('the keyboard on a phone: the window ends where it begins, and the field stays in view', async () => {
      const page = await enter(STATES['first']!, { hasTouch: true });
      await page.getByRole('textbox').tap();
      // What iOS, Chrome and Firefox do: only the visual viewport becomes lower.
      await page.evaluate(`Object.defineProperty(visualViewport, 'height', { value: 480, configurable: true });
        visualViewport.dispatchEvent(new Event('resize'))`);
      await expect.poll(() => page.getByRole('dialog').boundingBox()).toEqual({ x: 0, y: 0, width: 390, height: 480 });
      const field = (await page.getByRole('textbox').boundingBox())!;
      expect(field.y + field.height).toBeLessThan(480);
      expect(await page.evaluate(LOST)).toEqual([]);
      await page.context().close();
    });
  });

  describe('with the keyboard alone', () => {
    /** Name and outline of what has the focus; whether all of it is in view. */
    const FOCUS = `(() => {
      const part = ${SHADOW}.activeElement;
      if (!part) return null;
      const { outlineStyle, outlineWidth } = getComputedStyle(part);
      const box = part.getBoundingClientRect();
      const frame = ${SHADOW}.querySelector('.panel, .corner').getBoundingClientRect();
      return {
        name: part.ariaLabel ?? part.textContent.trim(),
        outlined: outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2,
        inView: box.top >= frame.top - 1 && box.bottom <= frame.bottom + 1,
      };
    })()`;

    it('asks, stops, opens a source, rates and asks for a person, in the order of the page and with a visible focus', async () => {
      const page = await enter(STATES['launcher']!, { viewport: { width: 1280, height: 800 } });
      const walked: string[] = [];
      const tabTo = async (name: string, back = false): Promise<void> => {
        for (let steps = 0; steps < 25; steps++) {
          await page.keyboard.press(back ? 'Shift+Tab' : 'Tab');
          const focus = await page.evaluate<{ name: string; outlined: boolean; inView: boolean } | null>(FOCUS);
          if (!focus) continue;
          walked.push(focus.name);
          expect(focus).toMatchObject({ outlined: true, inView: true });
          if (focus.name === name) return;
        }
        throw new Error(`${name} was not reached: ${walked.join(' > ')}`);
      };
      await tabTo('상담 열기');
      await page.keyboard.press('Enter');
      await page.getByText('이런 것을 물어보세요').waitFor();
      await page.keyboard.insertText('오래 걸리는 질문');
      await page.keyboard.press('Enter');
      await page.getByRole('log', { name: '상담 내용' }).getByText('먼저 확인된 내용부터').waitFor();
      await tabTo('답변 멈추기');
      await page.keyboard.press('Enter');
      await page.getByRole('log', { name: '상담 내용' }).getByText('답변을 멈췄습니다.').waitFor();
      await page.keyboard.insertText('정기예금 만기가 지나면 이자는 어떻게 되나요?');
      await page.keyboard.press('Enter');
      await page.getByText('출처 2건').waitFor();
      walked.length = 0;
      await tabTo('출처 2건', true);
      await page.keyboard.press('Enter');
      await page.getByText('보험금의 지급한도').waitFor();
      await tabTo('아쉬워요');
      await page.keyboard.press('Enter');
      await tabTo('내용이 부족해요');
      await page.keyboard.press('Enter');
      await page.getByText('의견을 보내 주셔서 감사합니다.').waitFor();
      // The pressed button is gone, the focus is not.
      expect(await page.evaluate(FOCUS)).toMatchObject({ name: '아쉬워요' });
      await tabTo('상담사 연결');
      await page.keyboard.press('Enter');
      await page.getByText('상담사 연결을 요청했습니다.').last().waitFor();
      expect(await page.evaluate(FOCUS)).toMatchObject({ name: '메시지 입력' });
      await tabTo('연결 취소', true);
      await page.keyboard.press('Enter');
      await page.getByRole('log', { name: '상담 내용' }).getByText('상담사 연결을 취소했습니다.').waitFor();
      await page.keyboard.press('Escape');
      await expect.poll(() => page.evaluate(FOCUS)).toMatchObject({ name: '상담 열기' });
      await page.context().close();
    });

    it('leaves the window at its end: no trap', async () => {
      const page = await enter(STATES['first']!, { viewport: { width: 1280, height: 800 } });
      for (let steps = 0; steps < 20; steps++) {
        await page.keyboard.press('Tab');
        if (await page.evaluate(`document.activeElement.id === 'after'`)) break;
      }
      expect(await page.evaluate('document.activeElement.id')).toBe('after');
      await page.context().close();
    });
  });

  it('tells screen readers each sentence once, and nothing of the history', async () => {
    const page = await enter(STATES['launcher']!, { viewport: { width: 1280, height: 800 } });
    // Regions drop what was read: every node that ever came is counted.
    await page.evaluate(`window.spoken = [];
      new MutationObserver((changes) => changes.forEach(({ addedNodes }) => addedNodes.forEach(({ textContent }) => spoken.push(textContent))))
        .observe(${SHADOW}.querySelector('[data-region=messages]'), { childList: true })`);
    const visitor = new Visitor(page, server);
    await visitor.open();
    await visitor.ask('정기예금 만기가 지나면 이자는 어떻게 되나요?');
    const sentences = await page.locator('.sentence').allInnerTexts();
    const spoken = (): Promise<string[]> => page.evaluate('spoken');
    await expect.poll(async () => (await spoken()).length, { timeout: 8_000 }).toBe(sentences.length + 1);
    expect((await spoken()).slice(1)).toEqual(
      sentences.map((text, index) => (index === 0 ? `AI 생성: ${text.trim()}` : text.trim())),
    );
    await page.reload();
    await page.evaluate('window.spoken = undefined');
    await visitor.button('상담 열기').click();
    await page.getByText('출처 2건').waitFor();
    expect(await page.locator('[data-region=messages] p').count()).toBe(0);
    await page.context().close();
  });
});

const BARE = `<title>은행</title><meta name="viewport" content="width=device-width, initial-scale=1"><script src="widget.js" async></script>
  <h1>은행</h1><sangdam-chat hours="평일 09:00~18:00" privacy-href="#privacy"></sangdam-chat><button id="after">뒤</button>`;
