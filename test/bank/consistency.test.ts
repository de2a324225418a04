import { describe, expect, it } from 'vitest';
import { splitSentences } from '../../src/text/sentences.js';
import {
  exemplars,
  factsOf,
  menuPaths,
  needs,
  phoneIds,
  sharedFacts,
  sheets,
  statements,
  statutes,
  type BankExemplar,
  type SharedFact,
} from './bank-files.js';

/** What fails is named: an empty list is what we want. */
function offenders(check: (exemplar: BankExemplar) => readonly string[]): string[] {
  return exemplars.flatMap((exemplar) => check(exemplar).map((what) => `${exemplar.id}: ${what}`));
}

const repeated = (values: readonly string[]): string[] => values.filter((value, at) => values.indexOf(value) !== at);

describe('cover of the needs', () => {
  it('has at least 40 sheets and 320 exemplars', () => {
    expect(sheets.size).toBeGreaterThanOrEqual(40);
    expect(exemplars.length).toBeGreaterThanOrEqual(320);
  });

  it('answers every need at least twice, and only needs of the list', () => {
    const answered = exemplars.map(({ need }) => need);
    expect(needs.filter((need) => answered.filter((each) => each === need).length < 2)).toEqual([]);
    expect(answered.filter((need) => !needs.includes(need))).toEqual([]);
  });

  it('puts each sheet into a group of the needs', () => {
    const groups = new Set(needs.map((need) => need.split('/')[0]));
    expect([...sheets.values()].filter(({ category }) => !groups.has(category)).map(({ id }) => id)).toEqual([]);
  });
});

describe('identity', () => {
  it('gives every exemplar an id of its own', () => {
    expect(repeated(exemplars.map(({ id }) => id))).toEqual([]);
  });

  it('has three to five phrasings an exemplar, none twice in the bank', () => {
    expect(offenders(({ phrasings }) => (phrasings.length < 3 || phrasings.length > 5 ? ['phrasings'] : []))).toEqual(
      [],
    );
    const plain = exemplars.flatMap(({ question, phrasings }) =>
      [question, ...phrasings].map((text) => text.replace(/[^\p{L}\p{N}]/gu, '')),
    );
    expect(repeated(plain)).toEqual([]);
  });

  it('cites sheets and articles that exist', () => {
    expect(offenders(({ documents }) => documents.filter((id) => !sheets.has(id)))).toEqual([]);
    expect(
      offenders(({ statutes: cited = [] }) =>
        cited
          .filter(({ law, article }) => !statutes.get(law)?.has(article))
          .map(({ law, article }) => `${law} ${article}`),
      ),
    ).toEqual([]);
  });

  it('cites at least one sheet in each exemplar, and each sheet in some exemplar', () => {
    expect(offenders(({ documents }) => (documents.length === 0 ? ['no sheet'] : []))).toEqual([]);
    const cited = new Set(exemplars.flatMap(({ documents }) => documents));
    expect([...sheets.keys()].filter((id) => !cited.has(id))).toEqual([]);
  });
});

describe('figures', () => {
  it('stand in a cited sheet or article, to the digit', () => {
    const ofSheet = new Map([...sheets].map(([id, { body }]) => [id, new Set(factsOf(body))]));
    const ungrounded = ({ answer, documents, statutes: cited = [] }: BankExemplar): string[] => {
      const grounds = [
        ...documents.map((id) => ofSheet.get(id)!),
        ...cited.map(({ law, article }) => new Set(factsOf(statutes.get(law)!.get(article)!))),
      ];
      return factsOf(answer).filter((fact) => !grounds.some((facts) => facts.has(fact)));
    };
    expect(offenders(ungrounded)).toEqual([]);
  });

  it('are stated often enough to be worth guarding: 40 shared ones or more', () => {
    expect(sharedFacts.length).toBeGreaterThanOrEqual(40);
    expect(repeated(sharedFacts.map(({ about }) => about))).toEqual([]);
  });

  it.each(sharedFacts.map((fact) => [fact.about, fact] as const))('%s: one value everywhere', (_, fact) => {
    const found = statedValues(fact);
    expect(found.filter(({ facts }) => facts.join() !== fact.facts.join())).toEqual([]);
    expect(found.length).toBeGreaterThanOrEqual(fact.least ?? 2);
  });
});

function statedValues({ says, in: within, unless }: SharedFact): { source: string; text: string; facts: string[] }[] {
  return statements
    .filter(({ context, text }) => within === undefined || new RegExp(within, 'u').test(`${context} ${text}`))
    .filter(({ context, text }) => unless === undefined || !new RegExp(unless, 'u').test(`${context} ${text}`))
    .flatMap(({ source, text }) =>
      [...text.matchAll(new RegExp(says, 'gu'))].map((match) => ({
        source,
        text,
        facts: factsOf(match.slice(1).find((group) => group !== undefined)!),
      })),
    );
}

describe('answers', () => {
  it('have two to five sentences', () => {
    expect(
      offenders(({ answer }) => {
        const count = splitSentences(answer).length;
        return count < 2 || count > 5 ? [`${count} sentences`] : [];
      }),
    ).toEqual([]);
  });

  it('have no sentence so long that it is cut', () => {
    expect(offenders(({ answer }) => splitSentences(answer).filter((sentence) => !/[.?!]$/.test(sentence)))).toEqual(
      [],
    );
  });

  it('do not open by yes or no', () => {
    expect(offenders(({ answer }) => answer.match(/^(?:네|예|아니요|아니오|아뇨)[,. ]/) ?? [])).toEqual([]);
  });

  it.each([
    ['무조건 승인됩니다.', true],
    ['신청하시면 반드시 환급됩니다.', true],
    ['피해금은 전액 돌려받으실 수 있습니다.', true],
    ['승인이 확실합니다.', true],
    ['수익을 보장합니다.', true],
    ['반드시 목소리로 본인인지 확인해 주세요.', false],
    ['집주인이 보증금을 돌려주지 않는 위험은 보장하지 않습니다.', false],
    ['원금은 모두 돌려받지만 우대금리는 없습니다.', false],
  ])('a promise in %j: %s', (sentence, promises) => {
    expect(promised(sentence).length > 0).toBe(promises);
  });

  it('promise nothing', () => {
    expect(offenders(({ answer }) => splitSentences(answer).flatMap(promised))).toEqual([]);
  });

  it('do not ask for a secret', () => {
    const asked =
      /(?:비밀번호|OTP|인증번호|카드번호|주민등록번호)[^.,]{0,12}(?:알려|적어|보내|말씀해|불러) ?(?:주세요|주시면|주시기)/u;
    expect(offenders(({ answer }) => splitSentences(answer).filter((sentence) => asked.test(sentence)))).toEqual([]);
  });

  it('recommend no product', () => {
    expect(
      offenders(({ answer }) => answer.match(/추천|가장 유리|이득입니다|(?:가입|투자)하시는 것이 좋/u) ?? []),
    ).toEqual([]);
  });
});

describe('law outside the collection', () => {
  const subjects = [
    '만 65세 이상이면서 기초연금',
    '국민주택 청약에서 인정되는 금액',
    '무주택 세대의 세대주',
    '매칭지원금',
    '조세조약이 없는 나라',
    '총급여의 25%',
    '할부거래법',
    '증빙서류를 내지 않는',
    '미화 1만달러를 넘는',
    '생계비계좌를 새로 개설|잔액 250만원까지 압류',
    'DSR\\) ?40%',
    '담보 없는 빚',
    '5영업일 이상 연체하면',
    '등록면허세',
    '제세공과금 22%',
    '안심상속 원스톱서비스를 신청',
  ];

  it.each(subjects)('%s: says that it may change', (subject) => {
    const stated = [
      ...[...sheets.values()].map(({ id, body }) => ({ id, text: body })),
      ...exemplars.map(({ id, answer }) => ({ id, text: answer })),
    ].filter(({ text }) => new RegExp(subject, 'u').test(text));
    expect(stated.length).toBeGreaterThanOrEqual(2);
    expect(stated.filter(({ text }) => !/바뀔 수 있|규제에 따/u.test(text)).map(({ id }) => id)).toEqual([]);
  });
});

/** Certainty about what a decision, a court or a market will bring. */
const PROMISES = [
  /무조건|틀림없이|100% 승인|(?:승인|환급|보상|면제)[은이가]? (?:확실|분명)/u,
  /(?:반드시|확실히|꼭)[^.]*(?:승인|환급|보상|면제|감면|당첨)[^.]*(?:됩니다|받습니다|드립니다|받으실 수 있)/u,
  /(?:수익|원금|이익|승인|환급)[을를이]? 보장(?:합니다|됩니다|해 드)/u,
  /(?:피해금|피해액|보낸 돈)[^.]*(?:전액|모두|전부) (?:돌려|환급)[^.]*(?:습니다|니다)/u,
];

function promised(sentence: string): string[] {
  return PROMISES.some((promise) => promise.test(sentence)) ? [sentence] : [];
}

describe('fraud', () => {
  const sent = exemplars.filter(({ need }) => need === '사고/지급정지');

  it('opens with the stop of payment, or with the police where only they can stop it', () => {
    const first = ({ answer }: BankExemplar): string => splitSentences(answer)[0]!;
    expect(
      sent.filter((exemplar) => !/지급정지|경찰 \{\{phone:police\}\}/u.test(first(exemplar))).map(({ id }) => id),
    ).toEqual([]);
  });

  it('tells whoever has already sent money or given a secret away to stop payment', () => {
    const told = /이미 [^.]{0,24}(?:보냈(?!다고)|보내셨|송금하셨|건넸|알려 주셨|입력했|돈이 나갔)/u;
    const act = /지급정지|이용정지|카드를 정지|신고/u;
    expect(
      offenders(({ answer }) =>
        splitSentences(answer).filter((sentence) => told.test(sentence) && !act.test(sentence)),
      ),
    ).toEqual([]);
  });
});

describe('telephones', () => {
  const texts = [
    ...[...sheets.values()].map(({ id, body }): [string, string] => [id, body]),
    ...exemplars.map(({ id, answer }): [string, string] => [id, answer]),
  ];

  it('stand as {{phone:ID}} with an id of the registry', () => {
    const unknown = texts.flatMap(([id, text]) =>
      [...text.matchAll(/\{\{([^}]*)\}\}/g)]
        .filter(([, name]) => !phoneIds.has(name!.replace(/^phone:/, '')) || !name!.startsWith('phone:'))
        .map(([whole]) => `${id}: ${whole}`),
    );
    expect(unknown).toEqual([]);
  });

  it('never stand as digits', () => {
    expect(
      texts.filter(([, text]) => factsOf(text).some((fact) => fact.startsWith('PHONE:'))).map(([id]) => id),
    ).toEqual([]);
    expect(
      texts.filter(([, text]) => /\d{2,4}-\d{3,4}-\d{4}|\b1[568]\d\d-?\d{4}\b/.test(text)).map(([id]) => id),
    ).toEqual([]);
  });
});

describe('sheets', () => {
  it('name one another by title, not by id', () => {
    const others = [...sheets.keys()].filter((id) => id.includes('-'));
    expect(
      [...sheets.values()].flatMap(({ id, body }) =>
        others.filter((other) => body.includes(other)).map((other) => `${id}: ${other}`),
      ),
    ).toEqual([]);
  });

  it('name one another by titles that exist', () => {
    const titles = [...sheets.values()].map(({ title }) => title);
    const quoted = [...sheets.values()].flatMap(({ body }) =>
      [...body.matchAll(/'([^'\n]{4,40})' ?(?:안내|설명서)(?=[를의에 ])/gu)].map(([, title]) => title!),
    );
    expect(quoted.filter((title) => !titles.includes(title) && !titles.includes(`${title} 안내`))).toEqual([]);
  });
});

describe('menu paths', () => {
  it('has one path for one function', () => {
    const last = [...menuPaths].map((path) => path.split(' > ').at(-1)!);
    // 보안 is a place below 설정 too; 해지 of 주택청약 is another function than that of a deposit.
    expect(repeated(last).filter((name) => !['보안', '해지'].includes(name))).toEqual([]);
  });

  it('names only places of the app', () => {
    expect(
      statements
        .filter(({ text }) => namedPaths(text).includes(undefined))
        .map(({ source, text }) => `${source}: ${text}`),
    ).toEqual([]);
  });

  it('names every place somewhere in a sheet', () => {
    const bodies = [...sheets.values()].map(({ body }) => body).join('\n');
    expect([...menuPaths].filter((path) => !bodies.includes(path))).toEqual([]);
  });

  it('gives no path that the cited sheets do not give', () => {
    expect(
      offenders(({ answer, documents }) => {
        const given = new Set(documents.flatMap((id) => namedPaths(sheets.get(id)!.body).flatMap(withPlacesAbove)));
        return namedPaths(answer).filter((path): path is string => path !== undefined && !given.has(path));
      }),
    ).toEqual([]);
  });
});

const MENU = [...menuPaths].sort((a, b) => b.length - a.length);
/** What may follow the name of a place: a particle, a bracket, the end. */
const AFTER_PATH = /^(?:에서|에는|에|으로|로|을|를|의|이나|나|과|와|이|가|은|는|화면)?(?=[ .,;|()\n]|$)/u;

/** The longest known path at each 전체메뉴 > …; undefined where there is none. */
function namedPaths(text: string): (string | undefined)[] {
  return [...text.matchAll(/전체메뉴 > /gu)].map(({ index }) => {
    const rest = text.slice(index);
    return MENU.find(
      (path) =>
        rest.startsWith(path) && AFTER_PATH.test(rest.slice(path.length)) && !rest.slice(path.length).startsWith(' > '),
    );
  });
}

function withPlacesAbove(path: string | undefined): string[] {
  const steps = path?.split(' > ') ?? [];
  return steps.map((_, index) => steps.slice(0, index + 1).join(' > '));
}
