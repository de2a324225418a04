import { withCopulas } from '../text/copula.js';
import { closeLetterSpacing } from '../text/letter-spacing.js';
import { joinBrokenWords } from '../text/line-breaks.js';
import { normalise, originalSpan, type Normalised } from '../text/normalise.js';
import { findAddresses } from './addresses.js';
import { findBirthDates } from './birth-dates.js';
import { digitWindows, type DigitWindow } from './digit-chains.js';
import { findLinkingInformation, findPassports, findPlates } from './documents.js';
import { findEmails, findIpAddresses } from './internet.js';
import { findFamiliarNames } from './familiar-names.js';
import { findKnownNames, findNames } from './names.js';
import { account } from './numbers-account.js';
import { card, expiriesBehind, findCardExpiries, findCvcs } from './numbers-card.js';
import {
  businessNumber,
  corporateNumber,
  driverLicense,
  findBackHalves,
  healthInsurance,
  registrationNumber,
} from './numbers-identity.js';
import { phone, representativeNumbers } from './numbers-phone.js';
import { givenPart } from './name-lexicon.js';
import { resolveOverlaps } from './overlap.js';
import { Reading, type Candidate } from './reading.js';
import { findRunTogether } from './run-together.js';
import { findSecrets } from './secrets.js';
import { PII_TYPES, type PiiFinding, type PiiType } from './types.js';

/** From this score on a finding is masked. */
export const MASK_SCORE = 0.5;

export interface DetectOptions {
  /** What the assistant has just asked for: counts as the label before the text. */
  asked?: PiiType;
  /** Whether a word is a person's name that was found before; then it is a name wherever it stands. */
  isKnownName?: (word: string) => boolean;
  /** What a model found in the text, or in the turn of several that each names (the last by default); united with what the rules find. */
  entities?: readonly (PiiFinding & { turn?: number })[];
}

/** A finding in one of several messages. A value that is split over two messages makes a finding in each. */
export type TurnFinding = PiiFinding & { turn: number };

const NUMBER_RULES: readonly ((window: DigitWindow) => Candidate | undefined)[] = [
  registrationNumber,
  driverLicense,
  healthInsurance,
  businessNumber,
  corporateNumber,
  phone,
  card,
  account,
];

/**
 * Finds personal data in Korean chat by rules: shapes, checksums, and the words around (the spec's section 5).
 * No state; time is linear in the length of the text.
 */
export class PiiDetector {
  /** @param now the day that nobody was born after */
  constructor(private readonly now: () => Date = () => new Date()) {}

  /** Findings of one text, sorted, not overlapping; offsets in UTF-16 units of `text`. */
  detect(text: string, options: DetectOptions = {}): PiiFinding[] {
    if (options.asked === undefined) return this.findingsIn(text, options);
    const label = `${PII_TYPES[options.asked].label}\n`;
    const asked = ASKED_LABELS[options.asked] ?? label;
    const entities = (options.entities ?? []).map((entity) => ({
      ...entity,
      start: entity.start + asked.length,
      end: entity.end + asked.length,
    }));
    return this.findingsIn(asked + text, { ...options, entities })
      .map(({ start, end, ...finding }) => ({ ...finding, start: start - asked.length, end: end - asked.length }))
      .filter(({ end }) => end > 0)
      .map((finding) => ({ ...finding, start: Math.max(0, finding.start) }));
  }

  /**
   * Findings of several messages of one person, oldest first, read as one text with line ends between.
   * `asked` is what the assistant asked before the last of them.
   */
  detectTurns(turns: readonly string[], options: DetectOptions = {}): TurnFinding[] {
    return this.detectAcrossTurns(turns, options)
      .flat()
      .sort((a, b) => a.turn - b.turn || a.start - b.start);
  }

  /** As `detectTurns`, but the parts of one value, one a message, stay together. */
  detectAcrossTurns(turns: readonly string[], options: DetectOptions = {}): TurnFinding[][] {
    const { asked, entities = [], ...others } = options;
    const text = turns.join('\n');
    const last = turns.length - 1;
    const shifted = entities.map(({ turn = last, ...entity }) => {
      const offset = turns.slice(0, turn).reduce((total, each) => total + each.length + 1, 0);
      return { ...entity, start: entity.start + offset, end: entity.end + offset };
    });
    const joined = this.findingsIn(text, { ...others, entities: shifted }).map((finding) =>
      splitByTurn(finding, turns),
    );
    if (asked === undefined || last < 0) return joined;
    const isTaken = (answer: PiiFinding) =>
      joined.flat().some(({ turn, start, end }) => turn === last && start < answer.end && answer.start < end);
    const answers = this.detect(turns[last]!, { ...others, asked }).filter((answer) => !isTaken(answer));
    return [...joined, ...answers.map((answer) => [{ ...answer, turn: last }])];
  }

  private findingsIn(text: string, options: DetectOptions): PiiFinding[] {
    const today = this.now().getTime();
    const found = (view: Normalised, candidates: readonly Candidate[]) =>
      candidates
        .filter(({ score, start, end }) => score >= MASK_SCORE && start < end)
        .map((each) => toFinding(view, each));

    const plain = normalise(text);
    const views = [plain, closeLetterSpacing(plain), withCopulas(plain)].filter((view) => view !== undefined);
    const findings = views.flatMap((view) => found(view, candidatesIn(new Reading(view, today), options)));
    const joined = joinBrokenWords(plain);
    if (joined) findings.push(...found(joined, wordsIn(new Reading(joined, today))));
    findings.push(...(options.entities ?? []).filter(({ score }) => score >= MASK_SCORE));
    return resolveOverlaps(findings, text);
  }
}

/** The word that a detector takes as the label of what was asked for, where it is not the type's own name. */
const ASKED_LABELS: Partial<Record<PiiType, string>> = {
  SECRET: '비밀번호\n',
  CARD_EXPIRY: '카드 유효기간\n',
  CI_DI: 'CI\n',
  BRN: '사업자등록번호\n',
  CORP_REG: '법인등록번호\n',
};

/** What consists of words, where words that a line break cut are whole again. */
function wordsIn(reading: Reading): Candidate[] {
  const emails = findEmails(reading).filter(({ start }) => reading.labelBefore(start)?.type === 'EMAIL');
  const names = findNames(reading, []).filter(({ start }) => /[가-힣]/.test(reading.text[start]!));
  return [...emails, ...findAddresses(reading), ...names];
}

function candidatesIn(reading: Reading, { isKnownName }: DetectOptions): Candidate[] {
  const hotlines = representativeNumbers(reading);
  const isHotline = ({ start, end }: Candidate) =>
    hotlines.some((hotline) => start < hotline.end && hotline.start < end);
  const numbers = [
    ...numbersIn(reading),
    ...findBackHalves(reading),
    ...findRunTogether(reading),
    ...findPassports(reading),
  ].filter((candidate) => !isHotline(candidate));
  const emails = findEmails(reading);
  const accepted = [...numbers, ...emails].filter(({ score }) => score >= MASK_SCORE);
  const cards = accepted.filter(({ type }) => type === 'CARD');
  const expiries = findCardExpiries(reading, cards);
  const codes = findCvcs(reading, cards, expiries);
  const secrets = findSecrets(reading).filter(
    (secret) => !isHotline(secret) && !accepted.some((number) => covers(number, secret)),
  );
  const birthDates = findBirthDates(reading);
  const addresses = findAddresses(reading);
  const personal = [...accepted, ...birthDates, ...addresses.filter(({ score }) => score >= MASK_SCORE)];
  return [
    ...numbers,
    ...emails,
    ...expiries,
    ...codes,
    ...expiriesBehind(reading, codes),
    ...secrets,
    ...findPlates(reading),
    ...findIpAddresses(reading),
    ...findLinkingInformation(reading),
    ...birthDates,
    ...addresses,
    ...namesIn(reading, personal, isKnownName),
  ];
}

/** Names by their cues; one that was found is a name from there on. */
function namesIn(
  reading: Reading,
  numbers: readonly Candidate[],
  isKnownName: DetectOptions['isKnownName'],
): Candidate[] {
  const cued = findNames(reading, numbers);
  const names = [...cued, ...findFamiliarNames(reading, numbers.length + cued.length > 0)];
  if (names.length === 0 && !isKnownName) return names;
  const firstSeen = new Map<string, number>();
  for (const { start, end, score } of names) {
    if (score < MASK_SCORE) continue;
    const name = reading.text.slice(start, end);
    for (const called of [name, givenPart(name)])
      if (called) firstSeen.set(called, Math.min(start, firstSeen.get(called) ?? start));
  }
  const isKnown = (word: string, at: number) =>
    (firstSeen.get(word) ?? Infinity) < at || (isKnownName?.(word) ?? false);
  return [...names, ...findKnownNames(reading, isKnown)];
}

function numbersIn(reading: Reading): Candidate[] {
  const found: Candidate[] = [];
  for (const window of digitWindows(reading))
    for (const rule of NUMBER_RULES) {
      const candidate = rule(window);
      if (candidate) found.push(candidate);
    }
  return found;
}

function covers(outer: Candidate, inner: Candidate): boolean {
  return outer.start <= inner.start && inner.end <= outer.end && outer.end - outer.start > inner.end - inner.start;
}

function toFinding(view: Normalised, { start, end, type, score }: Candidate): PiiFinding {
  return { ...originalSpan(view, start, end), type, score: Math.round(Math.min(score, 0.99) * 100) / 100 };
}

function splitByTurn(finding: PiiFinding, turns: readonly string[]): TurnFinding[] {
  let offset = 0;
  return turns.flatMap((text, turn) => {
    const start = Math.max(finding.start - offset, 0);
    const end = Math.min(finding.end - offset, text.length);
    offset += text.length + 1;
    return start < end ? [{ ...finding, start, end, turn }] : [];
  });
}
