import { Clock } from '../config/clock.js';
import type { Locale } from '../config/texts.js';
import { ConversationMasker, isDeleted } from '../privacy/index.js';
import { cleanText } from '../text/normalise.js';
import type { CitedSource, ConversationEvent, ConversationId, Finish } from './events.js';
import type { Turn } from './turn.js';

export interface AskMessage {
  role: 'user' | 'assistant';
  content: string;
}

export interface AskResult {
  answer: string;
  sentences: { text: string; sources: CitedSource[]; verdict: 'pass' }[];
  finish: Finish;
  choices?: string[];
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
): Promise<AskResult> {
  const masker = new ConversationMasker({ clock });
  const history: ConversationEvent[] = [];
  let secretTyped = false;
  for (const [index, message] of messages.entries()) {
    const masked = masker.mask(cleanText(message.content), index);
    secretTyped = masked.findings.some(({ type }) => isDeleted(type));
    for (const redaction of masked.redactions) {
      const earlier = history[redaction.turn];
      if (earlier?.type === 'message') earlier.data.text = redaction.text;
    }
    history.push({
      type: 'message',
      origin: message.role === 'user' ? 'customer' : 'counsellor',
      data: { text: masked.text },
      seq: index + 1,
      at: clock.now().toISOString(),
    });
  }
  const question = history.pop();
  if (question?.type !== 'message') throw new Error('askOnce needs a message');

  const started = clock.monotonic();
  const conversation = { id: '' as ConversationId, state: 'assistant' as const, locale };
  const input = { conversation, seq: question.seq, text: question.data.text, secretTyped, history };
  const result: AskResult = { answer: '', sentences: [], finish: 'stopped', timings: { total: 0 } };
  const said: string[] = [];
  for await (const step of turn.run(input, signal)) {
    if (!('event' in step)) continue;
    const { event } = step;
    if (event.type === 'notice' || event.type === 'answer.withheld') said.push(event.data.text);
    if (event.type === 'answer.sentence') {
      result.timings.first ??= Math.round(clock.monotonic() - started);
      said.push(event.data.text);
      result.sentences.push({ text: event.data.text, sources: event.data.sources, verdict: 'pass' });
    }
    if (event.type === 'answer.completed') {
      result.finish = event.data.finish;
      if (event.data.choices) result.choices = event.data.choices;
    }
  }
  result.answer = said.join(' ');
  result.timings.total = Math.round(clock.monotonic() - started);
  return result;
}
