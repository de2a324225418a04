import type { Locale } from '../config/texts.js';
import type { UrgentLine } from '../guardrails/index.js';
import type { Level } from './level.js';

declare const brand: unique symbol;
export type ConversationId = string & { readonly [brand]: 'ConversationId' };

export type ConversationState = 'assistant' | 'queued' | 'counsellor' | 'closed';
export type Origin = 'customer' | 'ai' | 'exemplar' | 'counsellor' | 'system';

/** How a turn ended. */
export const FINISHES = [
  'exemplar',
  'answered',
  'asked',
  'abstained',
  'refused',
  'fixed',
  'handoff',
  'withheld',
  'stopped',
  'failed',
] as const;
export type Finish = (typeof FINISHES)[number];

export type NoticeKind = 'ai' | 'privacy' | 'secret' | 'safety' | 'fraud' | 'abuse' | 'service' | 'interrupted';

/** A source that was cited for a sentence. `text` opens in place; `ref` is there for statutes, `page` for files with pages. */
export interface CitedSource {
  id: string;
  title: string;
  ref?: { law: string; article: string };
  page?: number;
  text?: string;
}

/** The conversation waits for a person. */
export interface Queued {
  reason: string;
  text?: string;
  /** Nobody is at work now: when counsellors begin, UTC, ISO 8601. */
  opensAt?: string;
  /** Lines to be called at once, where it is urgent. */
  phones?: readonly UrgentLine[];
}

/** What an event says. Shapes as in `src/chat/protocol.schema.json`; `turn` is the seq of the customer's message. */
export type EventBody =
  | { type: 'message'; data: { text: string } }
  | { type: 'message.redacted'; data: { seq: number; text: string } }
  | { type: 'answer.sentence'; data: { turn: number; index: number; text: string; sources: CitedSource[] } }
  | { type: 'answer.completed'; data: { turn: number; finish: Finish; choices?: string[] } }
  | { type: 'answer.withheld'; data: { turn: number; text: string } }
  | { type: 'notice'; data: { text: string; kind: NoticeKind } }
  | { type: 'handoff.queued'; data: Queued }
  | { type: 'handoff.ended' | 'conversation.closed'; data: { reason: string; text?: string } }
  | { type: 'handoff.joined'; data: { counsellor: string } };

/** An entry that is about to be committed. */
export type NewEvent = EventBody & { origin: Origin };

/** A committed entry: `seq` counts from 1 without gaps, `at` is UTC, ISO 8601 with milliseconds. */
export type ConversationEvent = NewEvent & { seq: number; at: string };

/** Not stored, not numbered, never a customer's text. */
export type Signal =
  | { type: 'typing'; data: { from: 'ai' | 'counsellor'; on: boolean } }
  | { type: 'progress'; data: { turn: number; stage: 'checking' | 'searching' | 'writing' } }
  /** The counsellor has read up to that number. */
  | { type: 'read'; data: { seq: number } }
  /** Place in people's queue, from 1; the expected wait in minutes where it can be told. */
  | { type: 'queue'; data: { position: number; minutes?: number } }
  | { type: 'service'; data: { level: Level } }
  | { type: 'closing'; data: { seconds: number } };

export interface Conversation {
  id: ConversationId;
  state: ConversationState;
  locale: Locale;
}
