import type { FeedbackReason } from './protocol.js';
import { warn } from './warn.js';

export type Locale = 'ko' | 'en';

/** Every text of the widget; the English ones are in texts.en.json. What the assistant and the bank say comes from the server. */
export const KOREAN = {
  title: '한결 상담',
  launcher: '상담 열기',
  launcherUnread: '상담 열기, 읽지 않은 메시지 {n} 개',
  preview: '새 메시지 읽기: {text}',
  close: '상담 창 닫기',
  smaller: '글자 작게',
  larger: '글자 크게',
  smallerMark: '가−',
  largerMark: '가+',
  log: '상담 내용',

  speakerAi: 'AI가 답변합니다',
  speakerQueued: '상담사를 기다리는 중입니다',
  speakerCounsellor: '상담사 {name} 님과 상담 중',
  speakerClosed: '상담이 종료되었습니다',

  secretsShort: '비밀번호·주민등록번호는 입력하지 마세요.',
  secrets: '비밀번호·주민등록번호·카드번호는 입력하지 마세요.',
  aiHours: 'AI 상담은 24시간 이용할 수 있습니다.',
  counsellorHours: '상담사 연결: {hours}',
  privacy: '개인정보 처리방침',
  startersTitle: '이런 것을 물어보세요',
  starters: [
    '정기예금 만기가 지나면 이자는 어떻게 되나요?',
    '이체 한도를 늘리고 싶어요',
    '카드를 잃어버렸어요',
    '대출 금리를 낮출 수 있나요?',
  ],

  you: '나',
  originAi: 'AI 생성',
  originExemplar: '모범답변',
  originSystem: '안내',
  originCounsellor: '상담사',
  originAiExplained: 'AI가 만든 답변입니다.',
  originExemplarExplained: '은행이 승인한 답변입니다.',
  sources: '출처 {n}건',
  page: '{n}쪽',
  copy: '복사',
  copied: '복사했습니다',
  printMark: '이 상담 기록에서 ‘{ai}’ 표시가 있는 답변은 인공지능이 생성했습니다.',
  copyMark: '[{origin} · {title} · {date}]',
  helpful: '도움이 됐어요',
  unhelpful: '아쉬워요',
  thanks: '의견을 보내 주셔서 감사합니다.',
  reasons: {
    wrong: '내용이 틀려요',
    incomplete: '내용이 부족해요',
    unclear: '이해하기 어려워요',
    other: '다른 이유예요',
  } satisfies Record<FeedbackReason, string>,
  whyUnhelpful: '어떤 점이 아쉬웠나요?',
  stopped: '답변을 멈췄습니다.',
  failed: '답변을 마치지 못했습니다.',
  withheldTitle: '확인되지 않은 내용은 보여 드리지 않습니다',
  noticePrivacy: '개인정보 안내',
  noticeSecret: '비밀정보 안내',
  noticeSafety: '안전 안내',
  noticeFraud: '금융사기 안내',
  noticeAbuse: '이용 안내',
  noticeAi: 'AI 안내',
  noticeService: '서비스 안내',

  thinking: '답변을 준비하고 있습니다',
  searching: '확인 중 · 자료를 찾고 있습니다',
  writing: '확인 중 · 답변을 쓰고 있습니다',
  checking: '확인 중 · 답변을 검토하고 있습니다',
  slow: '확인 중입니다. 조금만 더 기다려 주세요.',
  slowOffer: '오래 걸리고 있습니다. 상담사에게 물어보시겠어요?',
  counsellorTyping: '상담사가 입력하고 있습니다',

  sending: '보내는 중',
  notSent: '보내지 못했습니다.',
  retry: '다시 보내기',
  discard: '지우기',

  queuedEntry: '상담사 연결을 요청했습니다.',
  queued: '상담사를 기다리고 있습니다. 기다리는 동안에도 계속 입력하실 수 있습니다.',
  queuedClosed:
    '지금은 상담사 상담 시간이 아닙니다. {opening}부터 순서대로 연결해 드립니다. 그동안에도 계속 입력하실 수 있습니다.',
  queuedPlace: '대기 순서 {n}번째',
  queuedWait: '약 {n}분',
  read: '읽음',
  urgentTitle: '지금 바로 전화하세요',
  cancelHandoff: '연결 취소',
  joined: '상담사 {name} 님이 상담을 시작합니다.',
  handoffCancelled: '상담사 연결을 취소했습니다.',
  handoffEnded: '상담사 상담이 끝났습니다. 이제 AI가 답변합니다.',
  requestHandoff: '상담사 연결',

  closedIdle: '오랫동안 대화가 없어 상담을 종료했습니다.',
  closedEntry: '상담이 종료되었습니다.',
  startOver: '새 상담 시작',
  closing: '대화가 없어 {n}초 뒤에 상담이 종료됩니다.',
  closingSoon: '대화가 없어 {n}초 안에 상담이 종료됩니다. 이어 가시려면 계속하기를 눌러 주세요.',
  ended: '이 상담은 더 이어 갈 수 없습니다. 쓰신 내용은 그대로 있습니다.',
  signInAgain:
    '로그인이 확인되지 않았습니다. 다시 로그인하시면 이 상담을 이어 갑니다. 로그인 없이 새 상담을 시작하실 수도 있습니다.',
  continue: '계속하기',

  connecting: '연결하고 있습니다',
  offline: '연결이 끊겼습니다. 쓰신 내용은 그대로 있으며, 다시 연결되면 이어집니다.',
  reconnect: '지금 다시 연결',
  waitingToSend: '연결되면 보냅니다',
  dismiss: '닫기',

  placeholder: '궁금한 내용을 입력하세요',
  composer: '메시지 입력',
  send: '보내기',
  stop: '답변 멈추기',
  stopShort: '멈추기',
  counter: '{n} / {limit}자',
  tooLong: '{limit}자까지 보낼 수 있습니다. {over}자를 줄여 주세요.',
  newMessages: '새 메시지 {n}',
  toEnd: '맨 아래로',
};

export type Catalogue = typeof KOREAN;

export interface Texts extends Catalogue {
  locale: Locale;
}

/** The language of a tag; Korean where it is not English. */
export function localeOf(tag: string): Locale {
  return /^en\b/i.test(tag) ? 'en' : 'ko';
}

/**
 * The texts in that language, with the page's own in their place. Korean ones are at hand; the others are fetched from
 * `folder`, and where that fails Korean is better than nothing.
 * @param own JSON object of the element's attribute `texts`; keys that there are not, and what is no text, are left out.
 */
export async function textsFor(locale: Locale, folder: string, own: string | null): Promise<Texts> {
  const shipped = locale === 'en' ? await english(folder) : KOREAN;
  return { ...shipped, ...ownTexts(own), locale };
}

async function english(folder: string): Promise<Catalogue> {
  try {
    const response = await fetch(new URL('widget.en.json', folder));
    return { ...KOREAN, ...((await response.json()) as Catalogue) };
  } catch {
    return KOREAN;
  }
}

function ownTexts(own: string | null): Partial<Catalogue> {
  if (!own) return {};
  try {
    const entries = Object.entries(JSON.parse(own) as object);
    return Object.fromEntries(
      entries.filter(([key, text]) => typeof text === 'string' && typeof KOREAN[key as keyof Catalogue] === 'string'),
    );
  } catch {
    warn('the attribute texts is no JSON object');
    return {};
  }
}

/** Fills `{name}` in. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
