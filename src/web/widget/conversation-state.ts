import type {
  CitedSource,
  ConversationEvent,
  ConversationState,
  Finish,
  NoticeKind,
  Origin,
  Queued,
} from '../../conversation/events.js';
import type { Phones } from './protocol.js';

export interface Sentence {
  index: number;
  text: string;
}

/** What the assistant said about one customer message. */
export interface AnswerEntry {
  kind: 'answer';
  /** Number of the event that began it: stable, unique among the entries. */
  seq: number;
  /** Number of the customer's message. */
  turn: number;
  at: string;
  /** Who made it; where a model wrote any of its sentences, `ai`. */
  origin: Origin;
  sentences: readonly Sentence[];
  /** Sources of all sentences, each once, in order of appearance. */
  sources: readonly CitedSource[];
  /** Reasons why something was held back, in plain words. */
  withheld: readonly string[];
  choices: readonly string[];
  /** Set once the turn has ended; `completedSeq` is what feedback refers to. */
  finish?: Finish;
  completedSeq?: number;
}

export type Entry =
  | AnswerEntry
  | { kind: 'message'; seq: number; at: string; from: 'customer' | 'counsellor'; text: string; counsellor?: string }
  | { kind: 'notice'; seq: number; at: string; notice: NoticeKind; text: string }
  | {
      kind: 'handoff';
      seq: number;
      at: string;
      step: 'queued' | 'joined' | 'ended';
      text?: string;
      counsellor?: string;
      reason?: string;
    }
  | { kind: 'closed'; seq: number; at: string; reason: string; text?: string };

/** A conversation as it is shown. A pure function of its events. */
export interface ConversationView {
  lastSeq: number;
  state: ConversationState;
  entries: readonly Entry[];
  /** Turns that have begun and not ended, by the number of the customer's message. */
  openTurns: readonly number[];
  counsellor?: string;
  /** Nobody is at work for the queue: when counsellors begin, UTC, ISO 8601. */
  opensAt?: string;
  /** Lines to be called at once; they stay to the end of the conversation. */
  phones?: Phones;
}

export const EMPTY_VIEW: ConversationView = { lastSeq: 0, state: 'assistant', entries: [], openTurns: [] };

/** The view after one more event. Events come in order (see EventInbox); one that was applied before changes nothing. */
export function apply(view: ConversationView, event: ConversationEvent): ConversationView {
  if (event.seq <= view.lastSeq) return view;
  return { ...change(view, event), lastSeq: event.seq };
}

function change(view: ConversationView, event: ConversationEvent): ConversationView {
  const { seq, at } = event;
  switch (event.type) {
    case 'message':
      return withMessage(view, event, event.data.text);
    case 'message.redacted':
      return redacted(view, event.data.seq, event.data.text);
    case 'answer.sentence':
      return withAnswer(view, event, event.data.turn, (answer) => withSentence(answer, event.origin, event.data));
    case 'answer.withheld':
      return withAnswer(view, event, event.data.turn, (answer) => ({
        ...answer,
        withheld: [...answer.withheld, event.data.text],
      }));
    case 'answer.completed':
      return completed(view, event, event.data);
    case 'notice':
      return append(view, { kind: 'notice', seq, at, notice: event.data.kind, text: event.data.text });
    case 'handoff.queued':
      return queued(view, event, event.data);
    case 'handoff.ended':
      return {
        ...append(without(view), { kind: 'handoff', seq, at, step: 'ended', ...event.data }),
        state: 'assistant',
      };
    case 'handoff.joined': {
      const { counsellor } = event.data;
      return {
        ...append(without(view), { kind: 'handoff', seq, at, step: 'joined', counsellor }),
        state: 'counsellor',
        counsellor,
      };
    }
    case 'conversation.closed':
      return { ...append(without(view), { kind: 'closed', seq, at, ...event.data }), state: 'closed', openTurns: [] };
    default:
      // A newer server may send a type that this page does not know: its number counts, its content is not shown.
      event satisfies never;
      return view;
  }
}

function append(view: ConversationView, entry: Entry): ConversationView {
  return { ...view, entries: [...view.entries, entry] };
}

/** The counsellor has left, or the wait is over. */
function without(view: ConversationView): ConversationView {
  const { counsellor: _left, opensAt: _waited, ...rest } = view;
  return rest;
}

function queued(
  view: ConversationView,
  { seq, at }: ConversationEvent,
  { opensAt, phones = view.phones, ...data }: Queued,
): ConversationView {
  return {
    ...append(without(view), { kind: 'handoff', seq, at, step: 'queued', ...data }),
    state: 'queued',
    ...(opensAt ? { opensAt } : {}),
    ...(phones ? { phones } : {}),
  };
}

function withMessage(view: ConversationView, { seq, at, origin }: ConversationEvent, text: string): ConversationView {
  if (origin !== 'customer') {
    const by = view.counsellor === undefined ? {} : { counsellor: view.counsellor };
    return append(view, { kind: 'message', seq, at, from: 'counsellor', text, ...by });
  }
  const next = append(view, { kind: 'message', seq, at, from: 'customer', text });
  // Beside people the assistant may stay silent: there a turn counts from its first sentence.
  return view.state === 'assistant' ? { ...next, openTurns: [...view.openTurns, seq] } : next;
}

function redacted(view: ConversationView, seq: number, text: string): ConversationView {
  const entries = view.entries.map((entry) =>
    entry.kind === 'message' && entry.seq === seq ? { ...entry, text } : entry,
  );
  return { ...view, entries };
}

function withAnswer(
  view: ConversationView,
  { seq, at, origin }: ConversationEvent,
  turn: number,
  edit: (answer: AnswerEntry) => AnswerEntry,
): ConversationView {
  const { entries, openTurns } = view;
  const place = entries.findLastIndex((entry) => entry.kind === 'answer' && entry.turn === turn);
  const answer = (entries[place] as AnswerEntry | undefined) ?? {
    kind: 'answer',
    seq,
    turn,
    at,
    origin,
    sentences: [],
    sources: [],
    withheld: [],
    choices: [],
  };
  return {
    ...view,
    openTurns: openTurns.includes(turn) ? openTurns : [...openTurns, turn],
    entries: place < 0 ? [...entries, edit(answer)] : entries.with(place, edit(answer)),
  };
}

function withSentence(
  answer: AnswerEntry,
  origin: Origin,
  { index, text, sources }: Sentence & { sources: CitedSource[] },
): AnswerEntry {
  const news = sources.filter((source) => !answer.sources.some(({ id }) => id === source.id));
  const first = answer.sentences.length === 0;
  return {
    ...answer,
    // One generated sentence makes the whole answer one that must be marked.
    origin: first || origin === 'ai' ? origin : answer.origin,
    sentences: [...answer.sentences, { index, text }],
    sources: [...answer.sources, ...news],
  };
}

function completed(
  view: ConversationView,
  event: ConversationEvent,
  { turn, finish, choices = [] }: { turn: number; finish: Finish; choices?: string[] },
): ConversationView {
  const end = (answer: AnswerEntry): AnswerEntry => ({ ...answer, finish, choices, completedSeq: event.seq });
  const next = withAnswer(view, event, turn, end);
  return { ...next, openTurns: next.openTurns.filter((open) => open !== turn) };
}
