import { SystemClock, type Clock } from '../config/clock.js';
import { PiiDetector, type TurnFinding } from './detector.js';
import { Pseudonyms } from './pseudonyms.js';
import { DELETED, PII_TYPES, type PiiFinding, type PiiType } from './types.js';
import type { IssuedToken } from './vault.js';

/** A message as the model, the log and people may see it. */
export interface MaskedMessage {
  text: string;
  /** What was found in this message; offsets in UTF-16 units of what was passed in. */
  findings: PiiFinding[];
  /** Tokens that stand in this message, or in a redaction for a value that is found or has grown by it, with the values. */
  issued: IssuedToken[];
  /** Earlier messages that this one shows to hold personal data: their keys and their whole texts, masked anew. */
  redactions: { turn: number; text: string }[];
}

export interface ConversationMaskerOptions {
  /** The number of each type's next token: what `next` of the masker before a restart said. */
  next?: Partial<Record<PiiType, number>>;
  clock?: Clock;
  detector?: PiiDetector;
}

const EARLIER_TURNS = 3;
/** Characters of an earlier message that are kept; they bound what can be found across messages. */
const KEPT_CHARACTERS = 160;
const KEPT_MS = 5 * 60_000;
/** Stands for a T0 value in what is kept: such a value is stored nowhere, not even here. */
const BLANK = '█';

interface MaskedSpan {
  start: number;
  end: number;
  type: PiiType;
  token: string;
}

/** The end of an earlier message, in memory for five minutes at most. */
interface EarlierTurn {
  key: number;
  /** Monotonic milliseconds. */
  at: number;
  /** The masked text before what is kept. */
  head: string;
  kept: string;
  spans: MaskedSpan[];
}

/**
 * Masks one person's messages of one conversation: tokens are numbered within it, a value that is split over messages
 * is found, and a name that was found once is masked from then on. Not shared between conversations.
 */
export class ConversationMasker {
  private readonly clock: Clock;
  private readonly detector: PiiDetector;
  private readonly pseudonyms: Pseudonyms;
  private earlier: EarlierTurn[] = [];
  private messages = 0;

  constructor({ next, clock = new SystemClock(), detector }: ConversationMaskerOptions = {}) {
    this.clock = clock;
    this.detector = detector ?? new PiiDetector(() => clock.now());
    this.pseudonyms = new Pseudonyms(next);
  }

  /** The number of each type's next token, to make this masker anew after a restart. */
  get next(): Partial<Record<PiiType, number>> {
    return this.pseudonyms.next;
  }

  /**
   * @param key how the caller names this message in later redactions; its place in the conversation by default
   * @param asked what the assistant has just asked for
   * @param entities what a model found in `text` (`NamedEntities`)
   */
  mask(
    text: string,
    key: number = this.messages,
    asked?: PiiType,
    entities: readonly PiiFinding[] = [],
  ): MaskedMessage {
    this.messages++;
    this.forgetExpired();
    const escaped = escapeTokens(text);
    const turns = [...this.earlier.map(({ kept }) => kept), escaped];
    const { isKnownName } = this.pseudonyms;
    const found = this.detector.detectAcrossTurns(turns, {
      ...(asked === undefined ? {} : { asked }),
      ...(isKnownName ? { isKnownName } : {}),
      entities,
    });
    const spans = turns.map((_, turn): MaskedSpan[] => [...(this.earlier[turn]?.spans ?? [])]);
    const issued: IssuedToken[] = [];
    for (const parts of found) {
      const value = valueOf(parts, turns);
      const replacement = this.tokenOf(parts, value);
      if (!this.isShown(parts)) issued.push({ type: parts[0]!.type, token: replacement, value });
      for (const { turn, ...part } of parts) addSpan(spans[turn]!, { ...part, token: replacement });
    }
    const redactions = this.remask(spans);
    const current = spans.at(-1)!;
    this.remember({ key, at: this.clock.monotonic(), head: '', kept: escaped, spans: current });
    return { text: render(escaped, current), findings: findingsOf(found, turns.length - 1), issued, redactions };
  }

  /** Drops earlier messages that are five minutes old; for a timer, since `mask` looks only when it is called. */
  forgetExpired(): void {
    const now = this.clock.monotonic();
    this.earlier = this.earlier.filter(({ at }) => now - at < KEPT_MS);
  }

  /** One token for all parts of a value; a part that an earlier message shows already keeps its token. */
  private tokenOf(parts: readonly TurnFinding[], value: string): string {
    const { type } = parts[0]!;
    for (const { turn, start, end } of parts) {
      const shown = this.earlier[turn]?.spans.find(
        (span) => span.type === type && span.start < end && start < span.end,
      );
      if (shown) return shown.token;
    }
    if (type === 'PERSON') this.pseudonyms.rememberName(value);
    return this.pseudonyms.tokenFor(type, value);
  }

  /** Whether earlier messages show all of a value masked already. */
  private isShown(parts: readonly TurnFinding[]): boolean {
    return parts.every(({ turn, start, end, type }) =>
      this.earlier[turn]?.spans.some((span) => span.type === type && span.start <= start && end <= span.end),
    );
  }

  private remask(spans: readonly MaskedSpan[][]): MaskedMessage['redactions'] {
    return this.earlier.flatMap((earlier, turn) => {
      if (isSame(earlier.spans, spans[turn]!)) return [];
      earlier.spans = spans[turn]!;
      const text = earlier.head + render(earlier.kept, earlier.spans);
      earlier.kept = blankDeleted(earlier.kept, earlier.spans);
      return [{ turn: earlier.key, text }];
    });
  }

  private remember(turn: EarlierTurn): void {
    this.earlier = [...this.earlier, shortened(turn)].slice(-EARLIER_TURNS);
  }
}

function valueOf(parts: readonly TurnFinding[], turns: readonly string[]): string {
  return parts.map(({ turn, start, end }) => turns[turn]!.slice(start, end)).join('\n');
}

function findingsOf(found: readonly TurnFinding[][], last: number): PiiFinding[] {
  return found
    .flat()
    .filter(({ turn }) => turn === last)
    .map(({ start, end, type, score }) => ({ start, end, type, score }))
    .sort((a, b) => a.start - b.start);
}

/** Adds a span; where it meets others, what they cover stays theirs, and it takes the rest. */
function addSpan(spans: MaskedSpan[], span: MaskedSpan): void {
  let rests = [span];
  for (const other of spans) {
    rests = rests.flatMap((rest) => {
      if (other.end <= rest.start || rest.end <= other.start) return [rest];
      return [
        { ...rest, end: other.start },
        { ...rest, start: other.end },
      ].filter(({ start, end }) => start < end);
    });
  }
  for (const rest of rests) {
    const neighbour = spans.find(
      ({ token, start, end }) => token === rest.token && (end === rest.start || start === rest.end),
    );
    if (!neighbour) spans.push(rest);
    else {
      neighbour.start = Math.min(neighbour.start, rest.start);
      neighbour.end = Math.max(neighbour.end, rest.end);
    }
  }
  spans.sort((a, b) => a.start - b.start);
}

function isSame(before: readonly MaskedSpan[], after: readonly MaskedSpan[]): boolean {
  return (
    before.length === after.length &&
    before.every(({ start, end }, at) => start === after[at]!.start && end === after[at]!.end)
  );
}

function render(text: string, spans: readonly MaskedSpan[]): string {
  let rendered = '';
  let at = 0;
  for (const span of spans) {
    rendered += text.slice(at, span.start) + span.token;
    at = span.end;
  }
  return rendered + text.slice(at);
}

/** The last characters of a message, cut where no span is, with T0 values blanked out. */
function shortened(turn: EarlierTurn): EarlierTurn {
  const wanted = Math.max(0, turn.kept.length - KEPT_CHARACTERS);
  const cut = turn.spans.find(({ start, end }) => start < wanted && wanted < end)?.end ?? wanted;
  const head =
    turn.head +
    render(
      turn.kept.slice(0, cut),
      turn.spans.filter(({ end }) => end <= cut),
    );
  const spans = turn.spans
    .filter(({ start }) => start >= cut)
    .map((span) => ({ ...span, start: span.start - cut, end: span.end - cut }));
  return { ...turn, head, kept: blankDeleted(turn.kept.slice(cut), spans), spans };
}

function blankDeleted(text: string, spans: readonly MaskedSpan[]): string {
  return spans
    .filter(({ type }) => PII_TYPES[type].tier === 0)
    .reduce(
      (blanked, { start, end }) => blanked.slice(0, start) + BLANK.repeat(end - start) + blanked.slice(end),
      text,
    );
}

const LABELS = [...Object.values(PII_TYPES).map(({ label }) => label), DELETED.slice(1, -1)].join('|');
const TOKEN_SHAPED = new RegExp(`\\[(\\s*(?:${LABELS})\\s*(?:#\\s*\\d+\\s*)?)\\]`, 'g');

/** A token that a customer typed is none: full-width brackets, so that offsets stay as they are. */
function escapeTokens(text: string): string {
  return text.replace(TOKEN_SHAPED, '［$1］');
}
