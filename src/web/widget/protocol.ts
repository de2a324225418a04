import type { ConversationEvent, ConversationState, Queued } from '../../conversation/events.js';

/** Lines to be called at once. */
export type Phones = NonNullable<Queued['phones']>;

/** The customer's side of the wire. Shapes: src/chat/protocol.schema.json, against which the tests check both directions. */
export interface ServerError {
  /** Stable. */
  code: string;
  /** In the customer's language. */
  message: string;
  field?: string;
  /** A text that helps at once (crisis, fraud) although the message could not be stored. */
  safeText?: string;
  /** Lines to be called at once, beside `safeText`. */
  phones?: Phones;
}

export type Acknowledged<Extra extends object = object> = ({ ok: true } & Extra) | { ok: false; error: ServerError };

export interface Opened {
  conversationId: string;
  resumeToken: string;
  state: ConversationState;
  events: ConversationEvent[];
}

export type Rating = 'up' | 'down';
export type FeedbackReason = 'wrong' | 'incomplete' | 'unclear' | 'other';

/** Requests that change the conversation and are answered by a bare acknowledgement. */
export interface Requests {
  'turn:stop': Record<never, never>;
  'handoff:request': { reason?: string };
  'handoff:cancel': Record<never, never>;
  'feedback:give': { seq: number; rating: Rating; reason?: FeedbackReason };
  'conversation:continue': Record<never, never>;
  'conversation:close': Record<never, never>;
  typing: Record<never, never>;
}
