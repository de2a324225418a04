import { setImmediate } from 'node:timers/promises';
import { Clock, UuidIds } from '../config/clock.js';
import type { Locale } from '../config/texts.js';
import { ConversationMasker, isDeleted, NamedEntities } from '../privacy/index.js';
import { cleanText } from '../text/normalise.js';
import type { CitedSource, ConversationEvent, ConversationId, Finish, NewEvent } from './events.js';
import { TurnMeter } from './observations.js';
import type { Turn, TurnInput } from './turn.js';

export interface AskMessage {
  role: 'user' | 'assistant';
  content: string;
}

export interface AskResult {
  answer: string;
  sentences: { text: string; sources: CitedSource[]; verdict: 'pass' }[];
  finish: Finish;
  choices?: string[];
  /** Why the customer is to be put through to a person; whoever asked has to do it, since no conversation is stored. */
  handoff?: string;
  /** Milliseconds from the question. */
  timings: { first?: number; total: number };
}

/** One turn without a stored conversation: the same pipe, the events kept in memory. The last message is the question. */
export async function askOnce(
  turn: Turn,
  clock: Clock,
  messages: readonly AskMessage[],
  locale: Locale,
  signal: AbortSignal,
  entities: NamedEntities = NamedEntities.NONE,
): Promise<AskResult> {
  const pieces = askInPieces(turn, clock, messages, locale, signal, entities);
  let step = await pieces.next();
  while (!step.done) step = await pieces.next();
  return step.value;
}

/** `askOnce`, with the pieces of the answer as soon as each is verified; joined they are `answer`. */
export async function* askInPieces(
  turn: Turn,
  clock: Clock,
  messages: readonly AskMessage[],
  locale: Locale,
  signal: AbortSignal,
  entities: NamedEntities = NamedEntities.NONE,
): AsyncGenerator<string, AskResult, undefined> {
  const input = await maskedInput(clock, entities, messages, locale);
  const started = clock.monotonic();
  const meter = new TurnMeter(clock);
  const result: AskResult = { answer: '', sentences: [], finish: 'stopped', timings: { total: 0 } };
  for await (const step of turn.run(input, signal)) {
    if (!('event' in step)) continue;
    meter.event(step.event);
    if (step.event.type === 'answer.sentence') result.timings.first ??= Math.round(clock.monotonic() - started);
    const said = record(step.event, result);
    if (said === undefined) continue;
    const piece = result.answer === '' ? said : ` ${said}`;
    result.answer += piece;
    yield piece;
  }
  result.timings.total = Math.round(clock.monotonic() - started);
  return result;
}

/** The messages as a conversation's events, masked in their order as a stored conversation's are. */
async function maskedInput(
  clock: Clock,
  entities: NamedEntities,
  messages: readonly AskMessage[],
  locale: Locale,
): Promise<TurnInput> {
  // A masker is one person's: it finds a number that was split over two messages of theirs, whatever was answered in between.
  const maskers = { user: new ConversationMasker({ clock }), assistant: new ConversationMasker({ clock }) };
  const history: ConversationEvent[] = [];
  let secretTyped = false;
  for (const [index, message] of messages.entries()) {
    if (index > 0) await setImmediate(); // masking takes up to 10 ms a message; others get their turn in between
    const found = await entities.find(message.content);
    const masked = maskers[message.role].mask(message.content, index, undefined, found);
    secretTyped = masked.findings.some(({ type }) => isDeleted(type));
    for (const redaction of masked.redactions) {
      const earlier = history[redaction.turn];
      if (earlier?.type === 'message') earlier.data.text = cleanText(redaction.text).trim();
    }
    history.push({
      type: 'message',
      origin: message.role === 'user' ? 'customer' : 'counsellor',
      data: { text: cleanText(masked.text).trim() },
      seq: index + 1,
      at: clock.now().toISOString(),
    });
  }
  const question = history.pop();
  if (question?.type !== 'message') throw new Error('askOnce needs a message');
  const conversation = { id: new UuidIds().next() as ConversationId, state: 'assistant' as const, locale };
  return {
    conversation,
    seq: question.seq,
    text: question.data.text,
    secretTyped,
    isLate: false,
    history,
    remarks: async () => history,
    isNoticeElsewhere: true,
  };
}

/** Notes what an event says about the answer; returns what the customer reads by it. */
function record(event: NewEvent, result: AskResult): string | undefined {
  switch (event.type) {
    case 'answer.sentence': {
      const { text, sources } = event.data;
      result.sentences.push({ text, sources, verdict: 'pass' });
      return text;
    }
    case 'notice':
    case 'answer.withheld':
      return event.data.text;
    case 'handoff.queued':
      result.handoff = event.data.reason;
      return undefined;
    case 'answer.completed':
      result.finish = event.data.finish;
      if (event.data.choices) result.choices = event.data.choices;
      return undefined;
    default:
      return undefined;
  }
}
