import type { Level } from '../../conversation/service-level.js';

export type Locale = 'ko' | 'en';

/** Every text of the operations page; messages of errors come from the server. */
const ko = {
  title: '상담 서비스 운영',
  otherLanguage: 'English',
  signOut: '로그아웃',
  updated: '{time} 기준',
  lost: '서비스에 연결되지 않습니다. 아래는 {time}의 상태입니다.',
  lostNever: '서비스에 연결되지 않습니다. 다시 시도하고 있습니다.',
  retry: '다시 시도',

  tokenTitle: '운영자 확인',
  tokenHint: 'SANGDAM_OPERATOR_TOKEN에 설정한 값을 입력하세요. 이 브라우저에서 8시간 동안 유지됩니다.',
  token: '운영자 토큰',
  signIn: '들어가기',

  levelTitle: '운영 단계',
  levels: { full: '전체', exemplars: '모범답변만', people: '상담사만', off: '중단' } satisfies Record<Level, string>,
  levelMeanings: {
    full: '승인된 답변을 드리고, 필요하면 AI가 출처를 바탕으로 답을 씁니다.',
    exemplars: '언어 모델을 쓰지 않습니다. 승인된 답변과 자료 인용만 드립니다.',
    people: 'AI는 위기·사기 안내만 하고, 나머지 문의는 상담사에게 넘깁니다.',
    off: '새 메시지를 받지 않습니다. 전화번호와 상담 시간을 안내합니다. 위기·사기 안내는 계속됩니다.',
  } satisfies Record<Level, string>,
  current: '현재',
  since: '{time}부터 · {by}',
  reason: '사유',
  by: { command: '명령', 'operations page': '운영 화면' },
  initial: '처음부터',
  history: '변경 기록',
  when: '시각',
  level: '단계',
  who: '변경한 곳',
  confirmTitle: '운영 단계 변경: {level}',
  confirmScope: '진행 중인 답변은 다음 문장부터, 모든 대화에 바로 적용됩니다.',
  reasonLabel: '사유 (기록에 남습니다)',
  cancel: '취소',
  change: '바꾸기',
  changed: '운영 단계를 바꾸었습니다: {level}',

  healthTitle: '상태',
  statuses: { ready: '정상', degraded: '일부 기능 없음', unavailable: '서비스 불가' },
  store: '저장소',
  stores: { embedded: '내장', postgres: 'PostgreSQL', unavailable: '연결 안 됨' },
  retrieval: '검색',
  retrievals: { hybrid: '의미 + 낱말', lexical: '낱말만 (임베딩 모델 없음)' },
  chatModel: '언어 모델',
  modelStates: {
    none: '없음',
    fetching: '받는 중',
    loading: '불러오는 중',
    ready: '준비됨',
    failed: '실패',
  },

  nowTitle: '지금',
  turnsRunning: '답변 중',
  turnsWaiting: '답변 대기',
  queued: '상담사 대기',
  sockets: '연결',
  inAssistant: 'AI와 대화',
  inCounsellor: '상담사와 대화',

  recentTitle: '최근 15분',
  answered: '답변',
  perMinute: '분당',
  firstSentence: '첫 문장까지',
  wholeAnswer: '답변 끝까지',
  median: '중앙값',
  p95: '95%',
  none: '없음',

  errorsTitle: '오류',
  errorsNone: '시작한 뒤로 오류가 없습니다.',
  code: '코드',
  count: '횟수',
  last: '마지막',

  versionsTitle: '버전',
  product: '제품',
  rules: '규칙',
  prompts: '프롬프트',
  knowledge: '지식',
  migration: '스키마',
  modelSha256: '모델 sha256',
  storeBytes: '저장소 크기',
  uptime: '가동 시간',
  unknown: '알 수 없음',
};

export type Texts = typeof ko;

const en: Texts = {
  title: 'Counselling service operations',
  otherLanguage: '한국어',
  signOut: 'Sign out',
  updated: 'As of {time}',
  lost: 'The service cannot be reached. Below is how it was at {time}.',
  lostNever: 'The service cannot be reached. Trying again.',
  retry: 'Try again',

  tokenTitle: 'Operator sign-in',
  tokenHint: 'Enter the value of SANGDAM_OPERATOR_TOKEN. This browser keeps it for 8 hours.',
  token: 'Operator token',
  signIn: 'Sign in',

  levelTitle: 'Level of service',
  levels: { full: 'Full', exemplars: 'Exemplars only', people: 'People only', off: 'Off' },
  levelMeanings: {
    full: 'Approved answers are given, and where needed the AI writes from sources.',
    exemplars: 'No language model. Approved answers and quotations only.',
    people: 'The AI gives only crisis and fraud texts; all else goes to counsellors.',
    off: 'New messages are refused with telephone numbers and hours. Crisis and fraud texts still come.',
  },
  current: 'in force',
  since: 'since {time} · {by}',
  reason: 'Reason',
  by: { command: 'command', 'operations page': 'operations page' },
  initial: 'from the beginning',
  history: 'History',
  when: 'When',
  level: 'Level',
  who: 'By',
  confirmTitle: 'Change the level to “{level}”?',
  confirmScope: 'It holds at once in every conversation, in running answers from the next sentence on.',
  reasonLabel: 'Reason (kept in the history)',
  cancel: 'Cancel',
  change: 'Change',
  changed: 'The level is now “{level}”.',

  healthTitle: 'Health',
  statuses: { ready: 'Ready', degraded: 'Degraded', unavailable: 'Unavailable' },
  store: 'Store',
  stores: { embedded: 'embedded', postgres: 'PostgreSQL', unavailable: 'not reached' },
  retrieval: 'Retrieval',
  retrievals: { hybrid: 'meaning + words', lexical: 'words only (no embedder)' },
  chatModel: 'Language model',
  modelStates: { none: 'none', fetching: 'fetching', loading: 'loading', ready: 'ready', failed: 'failed' },

  nowTitle: 'Now',
  turnsRunning: 'Answering',
  turnsWaiting: 'Waiting',
  queued: 'For a person',
  sockets: 'Connections',
  inAssistant: 'With the AI',
  inCounsellor: 'With people',

  recentTitle: 'Last 15 minutes',
  answered: 'Answers',
  perMinute: 'A minute',
  firstSentence: 'First sentence',
  wholeAnswer: 'Whole answer',
  median: 'median',
  p95: '95%',
  none: 'none',

  errorsTitle: 'Errors',
  errorsNone: 'No error since the start.',
  code: 'Code',
  count: 'Count',
  last: 'Last',

  versionsTitle: 'Versions',
  product: 'Product',
  rules: 'Rules',
  prompts: 'Prompts',
  knowledge: 'Knowledge',
  migration: 'Schema',
  modelSha256: 'Model sha256',
  storeBytes: 'Size of the store',
  uptime: 'Running for',
  unknown: 'unknown',
};

export const TEXTS: Record<Locale, Texts> = { ko, en };

/** Puts values in the place of `{name}`. */
export function fill(template: string, values: Record<string, string | number>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}
