import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, BrowserContext, CDPSession, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { browserMissing, buildWeb, launchBrowser } from './browser.js';
import type { NewEvent } from '../../src/conversation/events.js';
import { AI_NOTICE, ScriptedServer } from './scripted-server.js';
import { OPENING, URGENT } from './widget-states.js';

const SOURCE = {
  id: 'passage:예금자보호법@1#18',
  title: '예금자보호법 시행령',
  ref: { law: '예금자보호법 시행령', article: '제18조' },
  text: '보험금의 지급한도는 1억원으로 한다.',
};

const SHEET = { id: 'passage:sheet@1#4', title: '정기예금 상품설명서 › 금리', page: 3, text: '12개월 연 2.50%' };

const SHADOW = 'document.querySelector("sangdam-chat").shadowRoot';

const FOCUSED = `(() => {
  const { tagName, ariaLabel } = ${SHADOW}.activeElement ?? {};
  return tagName + ' ' + ariaLabel;
})()`;

/** Where a reader is: scrolled so far, so much left below, the answer's first line so far below the upper edge; CSS pixels. */
const POSITION = `(() => {
  const log = ${SHADOW}.querySelector('.log');
  return {
    top: log.scrollTop,
    left: log.scrollHeight - log.clientHeight - log.scrollTop,
    answer: log.querySelector('.answer').getBoundingClientRect().top - log.getBoundingClientRect().top,
  };
})()`;

/** How much of the transcript is left below, CSS pixels. */
const END = `(() => {
  const log = ${SHADOW}.querySelector('.log');
  return { left: log.scrollHeight - log.clientHeight - log.scrollTop };
})()`;

const SMALL_TARGETS = `[...${SHADOW}.querySelectorAll('button')].map((button) => button.getBoundingClientRect())
  .filter(({ width, height }) => width < 43.5 || height < 43.5).length`;

describe.skipIf(browserMissing)('the widget in a browser', () => {
  let browser: Browser;
  let web: Awaited<ReturnType<typeof buildWeb>>;
  let server: ScriptedServer;
  let context: BrowserContext;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    [browser, web] = await Promise.all([launchBrowser(), buildWeb()]);
  });
  afterAll(async () => {
    await browser?.close();
    await web?.remove();
  });

  beforeEach(async () => {
    server = await ScriptedServer.start(web.folder);
    context = await browser.newContext({ locale: 'ko-KR', viewport: { width: 1280, height: 800 } });
    page = await context.newPage();
    page.setDefaultTimeout(8_000);
    problems = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    // Connections that fail are part of these tests; everything else on the console (CSP reports among it) is a fault.
    page.on('console', (message) => {
      if (message.type() === 'error' && !/WebSocket|ERR_|status of 40/.test(message.text()))
        problems.push(message.text());
    });
  });
  afterEach(async () => {
    await context.close();
    await server.close();
    expect(server.violations).toEqual([]);
    expect(problems).toEqual([]);
  });

  const composer = (): Locator => page.getByRole('textbox', { name: '메시지 입력' });
  const log = (): Locator => page.getByRole('log', { name: '상담 내용' });
  const button = (name: string): Locator => page.getByRole('button', { name, exact: true });
  const dialog = (): Locator => page.getByRole('dialog', { name: '한결 상담' });
  const bubbles = (text: string): Locator => log().locator('.own .bubble').filter({ hasText: text });

  async function openChat(): Promise<void> {
    await page.goto(server.url);
    await button('상담 열기').click();
    await log().getByText(AI_NOTICE).waitFor();
  }

  async function send(text: string): Promise<void> {
    await composer().fill(text);
    await composer().press('Enter');
  }

  /** Waits until the server has that many requests of the name. */
  async function requested(name: string, count = 1): Promise<Record<string, unknown>[]> {
    await expect.poll(() => server.requests(name).length, { timeout: 8_000 }).toBeGreaterThanOrEqual(count);
    return server.requests(name);
  }

  it('says before the first message that an AI answers and what not to type, and offers a person and questions', async () => {
    await openChat();
    await dialog().getByText('AI가 답변합니다').waitFor();
    await log().getByText('비밀번호·주민등록번호·카드번호는 입력하지 마세요.').waitFor();
    await log().getByText('상담사 연결: 평일 09:00~18:00').waitFor();
    await dialog().getByRole('link', { name: '개인정보 처리방침' }).waitFor();
    await button('상담사 연결').waitFor();
    expect(await log().locator('.welcome .choice').count()).toBe(4);
    await log().getByRole('button', { name: '카드를 잃어버렸어요' }).click();
    await log().getByText('“카드를 잃어버렸어요”에 대한 답변입니다.').waitFor();
    expect(await log().locator('.welcome').count()).toBe(0);
  });

  it('shows sentences as they are committed, says in words who made them and opens the sources', async () => {
    server.on('예금자 보호', (turn) => turn.sentence('예금은 1억원까지 보호됩니다.', { sources: [SOURCE] }));
    await openChat();
    await send('예금자 보호');
    const answer = log().locator('.answer');
    await answer.getByText('예금은 1억원까지 보호됩니다.').waitFor();
    await answer.getByText('AI 생성').waitFor();
    await button('답변 멈추기').waitFor();
    server.turn.sentence('원금과 이자를 합한 금액입니다.', { sources: [SOURCE, SHEET] });
    server.turn.completed('answered');
    await button('보내기').waitFor();
    const text = answer.getByText('보험금의 지급한도는 1억원으로 한다.');
    expect(await text.isVisible()).toBe(false);
    await answer.getByText('출처 2건').click();
    await text.waitFor();
    await answer.getByText('예금자보호법 시행령 제18조').waitFor();
    await answer.getByText('3쪽').waitFor();
  });

  it('takes feedback with a reason on the event that ended the turn', async () => {
    await openChat();
    await send('질문');
    await button('아쉬워요').click();
    await button('내용이 부족해요').click();
    await log().getByText('의견을 보내 주셔서 감사합니다.').waitFor();
    const [, reasoned] = await requested('feedback:give', 2);
    const end = server.events.findLast(({ type }) => type === 'answer.completed');
    expect(reasoned).toEqual({ seq: end!.seq, rating: 'down', reason: 'incomplete' });
  });

  it('stops an answer and keeps what was said', async () => {
    server.on('긴 질문', (turn) => turn.sentence('첫 문장입니다.'));
    await openChat();
    await send('긴 질문');
    await log().getByText('첫 문장입니다.').waitFor();
    await button('답변 멈추기').click();
    await log().getByText('답변을 멈췄습니다.').waitFor();
    expect(await log().getByText('첫 문장입니다.').isVisible()).toBe(true);
    await button('보내기').waitFor();
  });

  it('takes the next question while an answer is being given, by the keyboard and by touch', async () => {
    server.on('긴 질문', (turn) => turn.sentence('첫 문장입니다.'));
    await openChat();
    await send('긴 질문');
    await button('답변 멈추기').waitFor();
    expect(await button('보내기').count()).toBe(0);
    await send('그다음 질문');
    await log().getByText('“그다음 질문”에 대한 답변입니다.').waitFor();
    await context.close();

    context = await browser.newContext({ locale: 'ko-KR', viewport: { width: 390, height: 844 }, hasTouch: true });
    page = await context.newPage();
    await page.goto(server.url);
    await button('상담 열기').tap();
    await log().getByText(AI_NOTICE).waitFor();
    await composer().fill('긴 질문');
    await composer().press('Enter');
    expect(server.requests('message:send').map(({ text }) => text)).toEqual(['긴 질문', '그다음 질문']);
    await composer().fill('긴 질문');
    await button('보내기').tap();
    await button('답변 멈추기').waitFor();
    await composer().fill('멈춘 뒤 질문');
    await button('답변 멈추기').tap();
    await log().getByText('답변을 멈췄습니다.').waitFor();
    await button('보내기').tap();
    await log().getByText('“멈춘 뒤 질문”에 대한 답변입니다.').waitFor();
  });

  it('says what it is doing while nothing is ready', async () => {
    server.on('느린 질문', (turn) => server.signal({ type: 'progress', data: { turn: turn.seq, stage: 'searching' } }));
    await page.clock.install();
    await openChat();
    await send('느린 질문');
    await page.clock.runFor(400);
    await log().getByText('확인 중 · 자료를 찾고 있습니다').waitFor();
    await page.clock.runFor(7_000);
    await log().getByText('확인 중입니다. 조금만 더 기다려 주세요.').waitFor();
    await page.clock.runFor(8_000);
    await log().getByText('상담사에게 물어보시겠어요?').waitFor();
  });

  it('explains what was withheld and offers choices as buttons', async () => {
    server.on('애매한 질문', (turn) => {
      turn.withheld('확인할 수 없는 내용이라 보여 드리지 않습니다. 상담사에게 문의해 주세요.');
      turn.completed('withheld');
    });
    server.on('만기', (turn) => {
      turn.sentence('어떤 만기를 말씀하시나요?', { origin: 'system' });
      turn.completed('asked', ['예금 만기', '대출 만기']);
    });
    await openChat();
    await send('애매한 질문');
    await log().getByText('상담사에게 문의해 주세요').waitFor();
    await send('만기');
    await button('대출 만기').click();
    await log().getByText('“대출 만기”에 대한 답변입니다.').waitFor();
    expect(await button('예금 만기').count()).toBe(0);
  });

  it('sends a failed message again under the same id', async () => {
    server.failNext('message:send', 'silence');
    await page.clock.install();
    await openChat();
    await send('들리세요');
    await page.clock.runFor(600);
    await log().getByText('보내는 중').waitFor();
    await requested('message:send');
    await page.clock.runFor(10_000);
    await log().getByText('보내지 못했습니다.').waitFor();
    await button('다시 보내기').click();
    await log().getByText('“들리세요”에 대한 답변입니다.').waitFor();
    const [first, second] = server.requests('message:send');
    expect(second).toEqual(first);
    expect(await bubbles('들리세요').count()).toBe(1);
  });

  it('asks for a person, waits in the queue and can change its mind', async () => {
    await openChat();
    await button('상담사 연결').click();
    await dialog().getByText('상담사를 기다리는 중입니다').waitFor();
    server.signal({ type: 'queue', data: { position: 3 } });
    await page.getByText('대기 순서 3번째').waitFor();
    await button('연결 취소').click();
    await log().getByText('상담사 연결을 취소했습니다.').waitFor();
    await button('상담사 연결').click();
    await dialog().getByText('상담사를 기다리는 중입니다').waitFor();
    server.commit({ type: 'handoff.joined', origin: 'counsellor', data: { counsellor: '김하늘' } });
    server.commit({ type: 'message', origin: 'counsellor', data: { text: '안녕하세요, 무엇을 도와드릴까요?' } });
    await dialog().getByText('상담사 김하늘 님과 상담 중').waitFor();
    await log().getByText('안녕하세요, 무엇을 도와드릴까요?').waitFor();
  });

  it('says how long the wait is, and that the counsellor writes and has read', async () => {
    await openChat();
    await button('상담사 연결').click();
    server.signal({ type: 'queue', data: { position: 2, minutes: 4 } });
    await page.getByText('대기 순서 2번째 · 약 4분').waitFor();
    server.commit({ type: 'handoff.joined', origin: 'counsellor', data: { counsellor: '김하늘' } });
    for (const text of ['하나', '둘']) {
      server.on(text, () => undefined);
      await send(text);
      await bubbles(text).waitFor();
    }
    const own = log().locator('.own');
    server.signal({ type: 'read', data: { seq: server.events.length - 1 } });
    await own.nth(0).getByText('읽음').waitFor();
    server.signal({ type: 'read', data: { seq: server.events.length } });
    await own.nth(1).getByText('읽음').waitFor();
    expect(await own.getByText('읽음').count()).toBe(1);
    server.signal({ type: 'typing', data: { from: 'counsellor', on: true } });
    await log().getByText('상담사가 입력하고 있습니다').waitFor();
    server.commit({ type: 'message', origin: 'counsellor', data: { text: '확인했습니다.' } });
    await expect.poll(() => log().getByText('상담사가 입력하고 있습니다').count()).toBe(0);
  });

  it('says outside working hours when people work again', async () => {
    await openChat();
    const data = { reason: 'requested', text: '지금은 상담 시간이 아닙니다.', opensAt: OPENING };
    server.commit({ type: 'handoff.queued', origin: 'system', data });
    await dialog().getByText('11월 26일 (목) 오전 9:00부터 순서대로 연결해 드립니다.').waitFor();
    server.commit({ type: 'handoff.joined', origin: 'counsellor', data: { counsellor: '김하늘' } });
    await expect.poll(() => dialog().getByText('11월 26일').count()).toBe(0);
  });

  it('keeps the lines to call above a conversation about fraud, over a reload, and where the store is away', async () => {
    const lines = async (): Promise<string[]> =>
      Promise.all((await dialog().getByRole('link').all()).map(async (link) => (await link.getAttribute('href'))!));
    const tel = URGENT.map(({ number }) => `tel:${number.replace('-', '')}`);
    server.on('사기를 당했어요', (turn) => {
      turn.sentence('전화를 끊으세요.', { origin: 'system' });
      const data = { reason: 'fraud_victim', phones: URGENT };
      server.commit({ type: 'handoff.queued', origin: 'system', data });
      turn.completed('fixed');
    });
    await openChat();
    await send('사기를 당했어요');
    await dialog().getByText('지금 바로 전화하세요').waitFor();
    expect(await lines()).toEqual(tel);
    server.commit({ type: 'handoff.ended', origin: 'system', data: { reason: 'cancelled' } });
    await log().getByText('상담사 연결을 취소했습니다.').waitFor();
    await page.reload();
    await button('상담 열기').click();
    await dialog().getByText('지금 바로 전화하세요').waitFor();
    expect(await lines()).toEqual(tel);
    server.expire();
    await page.reload();
    await button('상담 열기').click();
    await log().getByText('이런 것을 물어보세요').waitFor();
    await page.getByRole('alert').waitFor();
    server.failNext('message:send', {
      code: 'store.unavailable',
      message: '일시적으로 저장소에 연결할 수 없습니다.',
      safeText: '지금 바로 송금을 멈춰 주세요.',
      phones: URGENT,
    });
    await send('사기를 당했어요');
    await dialog().getByText('지금 바로 전화하세요').waitFor();
    expect(await lines()).toEqual(tel);
  });

  it('shows on the page what came while it was closed', async () => {
    await openChat();
    await button('상담 창 닫기').click();
    const text = '이체 한도는 앱에서 바로 늘리실 수 있습니다.';
    server.commit({ type: 'message', origin: 'counsellor', data: { text } });
    const preview = button(`새 메시지 읽기: ${text}`);
    await preview.waitFor();
    await button('닫기').click();
    await expect.poll(() => preview.count()).toBe(0);
    server.commit({ type: 'message', origin: 'counsellor', data: { text: '도와드릴까요?' } });
    await button('상담 열기, 읽지 않은 메시지 2 개').waitFor();
    await button('새 메시지 읽기: 도와드릴까요?').click();
    await dialog().waitFor();
  });

  it('carries the mark of what an AI wrote into copies and onto paper', async () => {
    server.on('질문', (turn) => {
      turn.sentence('AI가 쓴 문장입니다.');
      turn.completed('answered');
    });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await openChat();
    await send('질문');
    await button('복사').click();
    await button('복사했습니다').waitFor();
    const clipboard = (): Promise<string> => page.evaluate('navigator.clipboard.readText()');
    const mark = /^AI가 쓴 문장입니다\.\s+\[AI 생성 · 한결 상담 · \d{4}-\d{2}-\d{2}\]$/;
    expect(await clipboard()).toMatch(mark);
    await page.evaluate(`navigator.clipboard.writeText('')`);
    await log().getByText('AI가 쓴 문장입니다.').click({ clickCount: 3 });
    await page.keyboard.press('Control+C');
    await expect.poll(clipboard).toMatch(mark);

    await page.emulateMedia({ media: 'print' });
    await log().getByText('‘AI 생성’ 표시가 있는 답변은 인공지능이 생성했습니다.').waitFor();
    expect(await log().getByText('AI 생성', { exact: true }).isVisible()).toBe(true);
    expect(await composer().isVisible()).toBe(false);
    // Whole, however long: nothing scrolls on paper.
    expect(await page.evaluate(`getComputedStyle(${SHADOW}.querySelector('.log')).overflowY`)).toBe('visible');
    await page.emulateMedia({ media: 'screen' });
  });

  it('keeps the large letters for the window’s next page, and nothing else about the customer', async () => {
    await openChat();
    await button('가+ 글자 크게').click();
    await button('가+ 글자 크게').click();
    await page.reload();
    await button('상담 열기').click();
    await dialog().waitFor();
    expect(await page.evaluate(`getComputedStyle(${SHADOW}.querySelector('.root')).fontSize`)).toBe('24px');
    await button('보내기').getByText('보내기').waitFor();
    expect(await log().locator('.welcome .choice').count()).toBe(3);
    const stored = await page.evaluate<Record<string, string>>('({ ...sessionStorage })');
    expect(Object.keys(stored).toSorted()).toEqual([`sangdam ${new URL(server.url).origin}`, 'sangdam text-size']);
    expect(await page.evaluate('localStorage.length + document.cookie.length')).toBe(0);
  });

  it('draws a conversation of 200 messages whole, the newest part first', async () => {
    server.startWith(
      Array.from({ length: 100 }, (_, index): NewEvent[] => [
        { type: 'message', origin: 'customer', data: { text: `${index + 1}번째 질문` } },
        { type: 'message', origin: 'counsellor', data: { text: `${index + 1}번째 답입니다.` } },
      ]).flat(),
    );
    await page.goto(server.url);
    await button('상담 열기').click();
    await log().getByText('100번째 답입니다.').waitFor();
    await expect.poll(() => log().locator('.entry').count(), { timeout: 8_000 }).toBe(200);
    await expect.poll(async () => (await page.evaluate<{ left: number }>(END)).left).toBeLessThanOrEqual(8);
    // Screen readers, and the browser's own search, have all of it.
    const cdp = await context.newCDPSession(page);
    const { nodes } = await cdp.send('Accessibility.getFullAXTree');
    const read = nodes.filter(
      ({ role, name }) => role?.value === 'StaticText' && String(name?.value).endsWith('번째 질문'),
    );
    expect(read).toHaveLength(100);
    await log().getByText('1번째 질문', { exact: true }).scrollIntoViewIfNeeded();
    expect(await log().locator('.bubble').first().innerText()).toBe('1번째 질문');
  });

  it('loses nothing while the connection is away', async () => {
    server.on('오래 걸리는 질문', (turn) => turn.sentence('첫 문장입니다.'));
    await openChat();
    await send('오래 걸리는 질문');
    await log().getByText('첫 문장입니다.').waitFor();
    const { turn } = server;
    server.goAway();
    await dialog().getByText('연결이 끊겼습니다.').waitFor();
    turn.sentence('둘째 문장입니다.');
    turn.completed('answered');
    await send('끊긴 동안 쓴 질문');
    server.comeBack();
    await log().getByText('“끊긴 동안 쓴 질문”에 대한 답변입니다.').waitFor();
    expect(await log().locator('.sentence').allInnerTexts()).toEqual(
      ['첫 문장입니다. ', '둘째 문장입니다. ', '“끊긴 동안 쓴 질문”에 대한 답변입니다. '].map((text) =>
        expect.stringContaining(text.trim()),
      ),
    );
    expect(await bubbles('끊긴 동안 쓴 질문').count()).toBe(1);
    expect(server.requests('conversation:open').at(-1)).toMatchObject({ after: 3 });
  });

  it('does not send twice when only the acknowledgement got lost', async () => {
    server.failNext('message:send', 'lost-acknowledgement');
    await openChat();
    await send('한 번만');
    await log().getByText('“한 번만”에 대한 답변입니다.').waitFor();
    server.goAway();
    server.comeBack();
    const [first, second] = await requested('message:send', 2);
    expect(second).toEqual(first);
    expect(await bubbles('한 번만').count()).toBe(1);
  });

  it('asks again for what a gap shows to be missing', async () => {
    server.on('질문', (turn) => {
      turn.sentence('하나.');
      server.skipNextDelivery();
      turn.sentence('둘.');
      turn.sentence('셋.');
      turn.completed('answered');
    });
    await openChat();
    await send('질문');
    await log().getByText('셋.').waitFor();
    expect((await log().locator('.prose .sentence').allInnerTexts()).map((text) => text.trim())).toEqual([
      '하나.',
      '둘.',
      '셋.',
    ]);
    expect(server.requests('conversation:open')).toHaveLength(2);
  });

  it('goes on after a reload, reads no history aloud and counts what came meanwhile', async () => {
    await openChat();
    await send('첫 질문');
    await log().getByText('“첫 질문”에 대한 답변입니다.').waitFor();
    await page.reload();
    await requested('conversation:open', 2);
    server.commit({ type: 'message', origin: 'counsellor', data: { text: '확인해 보았습니다.' } });
    await button('상담 열기, 읽지 않은 메시지 1 개').click();
    await log().getByText('“첫 질문”에 대한 답변입니다.').waitFor();
    await log().getByText('확인해 보았습니다.').waitFor();
    const spoken = page.locator('[data-region=messages] p');
    await expect.poll(() => spoken.allInnerTexts()).toEqual(['상담사: 확인해 보았습니다.']);
  });

  it('says that a conversation has expired and starts a new one', async () => {
    await openChat();
    await send('첫 질문');
    await log().getByText('“첫 질문”에 대한 답변입니다.').waitFor();
    server.expire();
    await page.reload();
    await button('상담 열기').click();
    await page.getByRole('alert').getByText('대화가 만료되었습니다.').waitFor();
    await log().getByText(AI_NOTICE).waitFor();
    expect(await log().getByText('첫 질문').count()).toBe(0);
  });

  it('shows errors with the text that helps, and refusals with a way back', async () => {
    server.failNext('message:send', {
      code: 'store.unavailable',
      message: '일시적으로 저장소에 연결할 수 없습니다.',
      safeText: '지금 바로 송금을 멈추고 은행과 경찰에 신고해 주세요.',
    });
    await openChat();
    await send('보이스피싱을 당했어요');
    await page.getByRole('alert').getByText('지금 바로 송금을 멈추고').waitFor();
    await log().getByText('일시적으로 저장소에 연결할 수 없습니다.').waitFor();
    server.refuseNext({ code: 'limit.connections', message: '동시에 열 수 있는 연결 수(20)를 넘었습니다.' });
    server.goAway();
    server.comeBack();
    await page.getByRole('alert').getByText('연결 수(20)를 넘었습니다').waitFor();
    await button('지금 다시 연결').click();
    await button('다시 보내기').click();
    await log().getByText('“보이스피싱을 당했어요”에 대한 답변입니다.').waitFor();
  });

  it('warns before the end, goes on at a press, and starts anew after the end', async () => {
    await openChat();
    server.signal({ type: 'closing', data: { seconds: 60 } });
    await page.getByRole('alert').getByText('60초 안에 상담이 종료됩니다').waitFor();
    await button('계속하기').click();
    await requested('conversation:continue');
    await expect.poll(() => button('계속하기').count()).toBe(0);
    server.commit({ type: 'conversation.closed', origin: 'system', data: { reason: 'idle' } });
    await log().getByText('오랫동안 대화가 없어 상담을 종료했습니다.').waitFor();
    await button('새 상담 시작').click();
    await composer().waitFor();
    await log().getByText(AI_NOTICE).waitFor();
    expect(server.requests('conversation:open').at(-1)).toEqual({ locale: 'ko' });
  });

  it('replaces a message that turned out to hold personal data', async () => {
    server.on('저는 홍길동입니다', (turn) => turn.answer('반갑습니다.'));
    await openChat();
    await send('저는 홍길동입니다');
    await bubbles('저는 홍길동입니다').waitFor();
    const { seq } = server.events.find(({ type }) => type === 'message')!;
    server.commit({ type: 'message.redacted', origin: 'system', data: { seq, text: '저는 [이름]입니다' } });
    await bubbles('저는 [이름]입니다').waitFor();
    expect(await log().getByText('홍길동').count()).toBe(0);
  });

  it('announces each sentence once in a region of its own, and keeps the transcript silent', async () => {
    server.on('질문', (turn) => turn.answer('첫 문장입니다.', '둘째 문장입니다.'));
    await openChat();
    await send('질문');
    const spoken = page.locator('[data-region=messages] p');
    await expect
      .poll(() => spoken.allInnerTexts(), { timeout: 5_000 })
      .toEqual([AI_NOTICE, '모범답변: 첫 문장입니다.', '둘째 문장입니다.']);
    expect(await log().getAttribute('aria-live')).toBe('off');
  });

  it('is operated by the keyboard alone', async () => {
    await page.goto(server.url);
    await button('상담 열기').focus();
    await page.keyboard.press('Enter');
    await log().getByText(AI_NOTICE).waitFor();
    const focused = (): Promise<string> => page.evaluate(FOCUSED);
    await expect.poll(focused).toBe('TEXTAREA 메시지 입력');
    await page.keyboard.press('F6');
    await expect.poll(focused).toBe('DIV 상담 내용');
    await page.keyboard.press('F6');
    await expect.poll(focused).toBe('TEXTAREA 메시지 입력');
    await page.keyboard.press('Escape');
    await button('상담 열기').waitFor();
    await expect.poll(focused).toBe('BUTTON 상담 열기');
  });

  it('keeps an unsent text while it is closed, and takes a question from the page', async () => {
    await openChat();
    await composer().fill('쓰다 만 질문');
    await button('상담 창 닫기').click();
    await button('상담 열기').click();
    expect(await composer().inputValue()).toBe('쓰다 만 질문');
    await button('상담 창 닫기').click();
    await button('착오송금 반환').click();
    expect(await composer().inputValue()).toBe('잘못 보낸 돈을 돌려받으려면 어떻게 하나요?');
  });

  it('never takes the reading position away', async () => {
    const lines = (from: number, to: number): void => {
      for (let line = from; line <= to; line++)
        server.turn.sentence(`- ${line}번째 안내 문장입니다. 조금 길게 씁니다.`);
    };
    server.on('긴 답', () => undefined);
    await openChat();
    await send('긴 답');
    await button('답변 멈추기').waitFor();
    lines(1, 4);
    await log().getByText('답변을 준비하고 있습니다').waitFor();
    lines(5, 30);
    server.turn.completed('answered');
    await log().getByText('30번째 안내').waitFor({ state: 'attached' });
    const position = (): Promise<{ top: number; answer: number; left: number }> => page.evaluate(POSITION);
    // It followed until the answer's first line was at the top, and no further.
    await expect.poll(async () => Math.round((await position()).answer)).toBe(8);
    const before = await position();
    expect(before.left).toBeGreaterThan(100);
    await button('맨 아래로').waitFor();
    server.commit({ type: 'notice', origin: 'system', data: { kind: 'service', text: '곧 점검이 있습니다.' } });
    await button('새 메시지 1').waitFor();
    expect((await position()).top).toBe(before.top);
    await button('새 메시지 1').click();
    await expect.poll(async () => (await position()).left).toBeLessThanOrEqual(8);
  });

  it('keeps the beginning of an answer in view when a hand-off follows it', async () => {
    server.on('사기를 당했어요', (turn) => {
      for (let line = 1; line <= 30; line++) turn.sentence(`- ${line}번째 할 일입니다.`, { origin: 'system' });
      server.commit({ type: 'handoff.queued', origin: 'system', data: { reason: 'fraud_victim' } });
      turn.completed('fixed');
    });
    await openChat();
    await send('사기를 당했어요');
    await log().getByText('상담사 연결을 요청했습니다.').waitFor({ state: 'attached' });
    const top = async (): Promise<number> => Math.round((await page.evaluate<{ answer: number }>(POSITION)).answer);
    await expect.poll(top).toBe(8);
  });

  describe('under a Korean input method', () => {
    let cdp: CDPSession;
    beforeEach(async () => {
      await openChat();
      cdp = await context.newCDPSession(page);
      await composer().focus();
      await cdp.send('Input.insertText', { text: '안녕하세' });
      await cdp.send('Input.imeSetComposition', { text: '요', selectionStart: 1, selectionEnd: 1 });
    });
    const enter = (virtualKey: 13 | 229): Promise<unknown> =>
      cdp.send('Input.dispatchKeyEvent', {
        type: 'rawKeyDown',
        key: virtualKey === 229 ? 'Process' : 'Enter',
        code: 'Enter',
        windowsVirtualKeyCode: virtualKey,
      });
    const lineBreak = (): Promise<unknown> =>
      cdp.send('Input.dispatchKeyEvent', {
        type: 'char',
        key: 'Enter',
        code: 'Enter',
        text: '\r',
        windowsVirtualKeyCode: 13,
      });
    const commit = (): Promise<unknown> => cdp.send('Input.insertText', { text: '요' });

    /** A next message shows that nothing else is on its way: messages keep their order. */
    async function expectOneFullMessage(): Promise<void> {
      await bubbles('안녕하세요').waitFor();
      await log().getByText('“안녕하세요”에 대한 답변입니다.').waitFor();
      expect(await composer().inputValue()).toBe('');
      await send('다음');
      await log().getByText('“다음”에 대한 답변입니다.').waitFor();
      expect(server.requests('message:send').map(({ text }) => text)).toEqual(['안녕하세요', '다음']);
    }

    it('sends one full message at one Enter (macOS, Linux)', async () => {
      await enter(229);
      await commit();
      await expectOneFullMessage();
    });

    it('drops the line break that belongs to that Enter', async () => {
      await enter(229);
      await commit();
      await lineBreak();
      await expectOneFullMessage();
    });

    it('ignores the clean Enter that comes before the commit (Windows)', async () => {
      await enter(229);
      await enter(13);
      await commit();
      await expectOneFullMessage();
    });

    it('ignores the clean Enter that comes behind the commit (Windows)', async () => {
      await Promise.all([enter(229), commit(), enter(13), lineBreak()]);
      await expectOneFullMessage();
    });

    it('still sends when compositionend gets lost', async () => {
      // The browser always tells the end of a composition, so its listener is kept from hearing it.
      await page.evaluate(
        `document.addEventListener('compositionend', (event) => event.stopImmediatePropagation(), { capture: true, once: true })`,
      );
      await enter(229);
      await commit();
      expect(server.requests('message:send')).toEqual([]);
      await composer().press('End');
      await page.keyboard.insertText('.');
      await page.keyboard.press('Enter');
      await bubbles('안녕하세요.').waitFor();
      await log().getByText('“안녕하세요.”에 대한 답변입니다.').waitFor();
      expect(server.requests('message:send').map(({ text }) => text)).toEqual(['안녕하세요.']);
    });

    it('makes a new line with Shift and Enter', async () => {
      await commit();
      await page.keyboard.press('Shift+Enter');
      await page.keyboard.insertText('둘째 줄');
      expect(await composer().inputValue()).toBe('안녕하세요\n둘째 줄');
      expect(await composer().getAttribute('rows')).toBe('2');
    });
  });

  it('tells how much room is left, and does not send too long a text', async () => {
    await openChat();
    await composer().fill('가'.repeat(3_600));
    await page.getByText('3,600 / 4,000자').waitFor();
    await composer().fill('가'.repeat(4_010));
    await page.getByRole('alert').getByText('10자를 줄여 주세요').waitFor();
    await composer().press('Enter');
    expect(server.requests('message:send')).toEqual([]);
  });

  it('reports no violation of a strict content security policy', async () => {
    await page.addInitScript(
      `addEventListener('securitypolicyviolation', (event) => console.error('CSP', event.violatedDirective, event.blockedURI))`,
    );
    await openChat();
    await button('가+ 글자 크게').click();
    await send('질문');
    await log().getByText('“질문”에 대한 답변입니다.').waitFor();
  });

  it('works where the browser blocks storage', async () => {
    await page.addInitScript(
      `Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('blocked', 'SecurityError'); } })`,
    );
    await openChat();
    await send('질문');
    await log().getByText('“질문”에 대한 답변입니다.').waitFor();
    server.goAway();
    server.comeBack();
    await requested('conversation:open', 2);
    await send('또 질문');
    await log().getByText('“또 질문”에 대한 답변입니다.').waitFor();
    expect(await bubbles('질문').count()).toBe(2);
  });

  it('fills a phone, with targets of 44 px and no sideways scrolling', async () => {
    await page.setViewportSize({ width: 320, height: 568 });
    await openChat();
    await send('질문');
    await button('도움이 됐어요').waitFor();
    await expect.poll(() => dialog().boundingBox()).toEqual({ x: 0, y: 0, width: 320, height: 568 });
    expect(await page.evaluate('document.querySelector("main").inert')).toBe(true);
    expect(await page.evaluate(SMALL_TARGETS)).toBe(0);
    expect(await page.evaluate(`${SHADOW}.querySelector('.log').scrollWidth`)).toBe(320);
  });

  it('comes with one script tag, in the language of the page', async () => {
    await context.route(server.url, (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: '<!doctype html><html lang="en"><title>Bank</title><body><script src="widget.js" async data-auto data-hours="09:00-18:00"></script>',
      }),
    );
    await page.goto(server.url);
    await button('Open chat').click();
    await page.getByText('Counsellors: 09:00-18:00').waitFor();
    expect(server.requests('conversation:open')).toEqual([{ locale: 'en' }]);
  });

  it('is at most 35 KB to download, and what an open chat needs beside it 12 KB', () => {
    const size = (name: string): number => gzipSync(readFileSync(join(web.folder, name)), { level: 9 }).length;
    expect(size('widget.js')).toBeLessThanOrEqual(35_000);
    expect(size('widget.socket.js')).toBeLessThanOrEqual(12_000);
  });
});
