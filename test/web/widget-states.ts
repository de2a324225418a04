import type { Locator, Page } from 'playwright-core';
import type { ScriptedServer } from './scripted-server.js';

/** The bank's sheet and the statute that the scripted answers cite. */
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

const FRAUD = [
  '많이 놀라셨지요. 지금은 전화를 끊고 더는 돈을 보내지 마세요.',
  '바로 고객센터 1588-0000(24시간)나 돈을 받은 은행에 지급정지를 요청하고, 급하면 경찰 112에 신고해 주세요.',
  '원격제어 앱을 설치하셨으면 휴대전화의 인터넷을 끄고, 다른 전화로 본인계좌 일괄지급정지를 요청해 주세요.',
  '피해환급과 개인정보 노출등록은 금융감독원 1332에서 안내합니다.',
];

/** As guardrails/phones.yaml has them. */
export const URGENT = [
  { name: '고객센터', number: '1588-0000' },
  { name: '경찰', number: '112' },
  { name: '통합대응단', number: '1394' },
];

/** Thursday, 09:00 in Seoul. */
export const OPENING = '2026-11-26T00:00:00.000Z';

/** Drives one page with the widget on it. */
export class Visitor {
  constructor(
    readonly page: Page,
    readonly server: ScriptedServer,
  ) {}

  readonly log = (): Locator => this.page.getByRole('log', { name: '상담 내용' });
  readonly button = (name: string): Locator => this.page.getByRole('button', { name, exact: true });
  readonly composer = (): Locator => this.page.getByRole('textbox', { name: '메시지 입력' });

  async open(): Promise<void> {
    await this.button('상담 열기').click();
    await this.page.getByText('이런 것을 물어보세요').waitFor();
  }

  async write(text: string): Promise<void> {
    await this.composer().fill(text);
    await this.composer().press('Enter');
  }

  /** Sends and waits until the answer is complete. */
  async ask(text: string): Promise<void> {
    const before = await this.page.locator('.answer').count();
    await this.write(text);
    await this.page.locator('.answer').nth(before).waitFor();
    await this.button('보내기').waitFor();
  }
}

export interface WidgetState {
  /** Needs time that passes at the test's word (playwright's clock). */
  clock?: true;
  enter(visitor: Visitor): Promise<void>;
}

/** The answers that the states ask for. */
export function script(server: ScriptedServer): void {
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
  server.on('오래 걸리는 질문', (turn) => turn.sentence('먼저 확인된 내용부터 말씀드립니다.'));
  server.on('답이 늦는 질문', () => undefined);
  server.on('보이스피싱을 당한 것 같아요', (turn) => {
    for (const text of FRAUD) turn.sentence(text, { origin: 'system' });
    const data = { reason: 'fraud_victim', phones: URGENT };
    server.commit({ type: 'handoff.queued', origin: 'system', data });
    turn.completed('fixed');
  });
}

const answered = async (visitor: Visitor): Promise<void> => {
  await visitor.open();
  await visitor.ask('정기예금 만기가 지나면 이자는 어떻게 되나요?');
};

const queued = async ({ server, page }: Visitor, data: { opensAt?: string } = {}): Promise<void> => {
  server.commit({ type: 'handoff.queued', origin: 'system', data: { reason: 'requested', ...data } });
  await page.getByText('상담사 연결을 요청했습니다.').last().waitFor();
};

/** Every state of the window that a customer can meet. */
export const STATES: Record<string, WidgetState> = {
  launcher: { enter: async ({ button }) => button('상담 열기').waitFor() },
  preview: {
    async enter(visitor) {
      await visitor.open();
      await visitor.button('상담 창 닫기').click();
      const text = '확인해 보니 이체 한도는 영업점에 오시지 않고도 앱에서 바로 늘리실 수 있습니다. 안내해 드릴까요?';
      visitor.server.commit({ type: 'message', origin: 'counsellor', data: { text } });
      await visitor.page.locator('.preview').waitFor();
    },
  },
  first: { enter: (visitor) => visitor.open() },
  sending: {
    clock: true,
    async enter(visitor) {
      await visitor.open();
      visitor.server.failNext('message:send', 'silence');
      await visitor.write('들리세요?');
      await visitor.page.clock.runFor(600);
      await visitor.page.getByText('보내는 중').waitFor();
    },
  },
  failed: {
    async enter(visitor) {
      await visitor.open();
      const message = '요청이 너무 많습니다. 20초 뒤에 다시 시도해 주세요.';
      visitor.server.failNext('message:send', { code: 'limit.rate', message });
      await visitor.write('그럼 지금 환율은요?');
      await visitor.button('다시 보내기').waitFor();
    },
  },
  offline: {
    clock: true,
    async enter(visitor) {
      await answered(visitor);
      visitor.server.goAway();
      await visitor.page.clock.runFor(3_000);
      await visitor.page.getByRole('dialog').getByText('연결이 끊겼습니다.').waitFor();
      await visitor.write('끊긴 동안 쓴 질문');
      await visitor.page.clock.runFor(600);
      await visitor.page.getByText('연결되면 보냅니다').waitFor();
    },
  },
  answering: {
    clock: true,
    async enter(visitor) {
      await visitor.open();
      await visitor.write('오래 걸리는 질문');
      await visitor.log().getByText('먼저 확인된 내용부터').waitFor();
      await visitor.page.clock.runFor(400);
      await visitor.page.locator('.dots').waitFor();
      await visitor.composer().fill('그동안 쓰는 다음 질문');
    },
  },
  slow: {
    clock: true,
    async enter(visitor) {
      await visitor.open();
      await visitor.write('답이 늦는 질문');
      await visitor.button('답변 멈추기').waitFor();
      await visitor.page.clock.runFor(15_100);
      await visitor.page.getByText('상담사에게 물어보시겠어요?').waitFor();
    },
  },
  answered: { enter: answered },
  sources: {
    async enter(visitor) {
      await answered(visitor);
      await visitor.page.getByText('출처 2건').click();
      await visitor.page.getByText('보험금의 지급한도').scrollIntoViewIfNeeded();
    },
  },
  feedback: {
    async enter(visitor) {
      await answered(visitor);
      await visitor.button('아쉬워요').click();
      await visitor.button('내용이 부족해요').waitFor();
    },
  },
  choices: {
    async enter(visitor) {
      await visitor.open();
      await visitor.ask('만기');
      await visitor.button('대출 만기 연장').waitFor();
    },
  },
  withheld: {
    async enter(visitor) {
      await visitor.open();
      await visitor.ask('환율이 내일 오를까요?');
    },
  },
  queued: {
    async enter(visitor) {
      await answered(visitor);
      await queued(visitor);
      visitor.server.signal({ type: 'queue', data: { position: 3, minutes: 5 } });
      await visitor.page.getByText('대기 순서 3번째 · 약 5분').waitFor();
    },
  },
  closed_hours: {
    async enter(visitor) {
      await visitor.open();
      await queued(visitor, { opensAt: OPENING });
      await visitor.page.getByText('11월 26일 (목) 오전 9:00부터').waitFor();
    },
  },
  counsellor: {
    async enter(visitor) {
      const { server, page } = visitor;
      await visitor.open();
      await queued(visitor);
      server.commit({ type: 'handoff.joined', origin: 'counsellor', data: { counsellor: '김하늘' } });
      const text = '안녕하세요. 상담사 김하늘입니다. 어떤 업무를 도와드릴까요?';
      server.commit({ type: 'message', origin: 'counsellor', data: { text } });
      server.on('만기 해지요', () => undefined);
      await visitor.write('만기 해지요');
      await page.locator('.own .bubble').getByText('만기 해지요').waitFor();
      server.signal({ type: 'read', data: { seq: server.events.length } });
      server.signal({ type: 'typing', data: { from: 'counsellor', on: true } });
      await page.getByText('읽음').waitFor();
      await page.getByText('상담사가 입력하고 있습니다').waitFor();
    },
  },
  closing: {
    async enter(visitor) {
      await answered(visitor);
      visitor.server.signal({ type: 'closing', data: { seconds: 60 } });
      await visitor.button('계속하기').waitFor();
    },
  },
  closed: {
    async enter(visitor) {
      await answered(visitor);
      visitor.server.commit({ type: 'conversation.closed', origin: 'system', data: { reason: 'idle' } });
      await visitor.button('새 상담 시작').waitFor();
    },
  },
  expired: {
    async enter(visitor) {
      await answered(visitor);
      visitor.server.expire();
      visitor.server.goAway();
      visitor.server.comeBack();
      await visitor.button('새 상담 시작').waitFor();
    },
  },
  fraud: {
    async enter(visitor) {
      await visitor.open();
      await visitor.ask('보이스피싱을 당한 것 같아요');
      await visitor.page.getByText('지금 바로 전화하세요').waitFor();
    },
  },
  too_long: {
    async enter(visitor) {
      await visitor.open();
      await visitor.composer().fill('한결은행 정기예금 만기 이자가 궁금합니다. '.repeat(180));
      await visitor.page.getByRole('alert').getByText('줄여 주세요').waitFor();
    },
  },
};
