import { Injectable } from '@nestjs/common';
import { AppError, errorMet } from '../config/app-error.js';
import { Clock, Ids } from '../config/clock.js';
import type { Locale } from '../config/texts.js';
import { Database, type Queryable } from '../database/database.js';
import { whileAway } from '../database/while-away.js';
import type { SealedToken } from '../privacy/index.js';
import { KeyedQueue } from './keyed-queue.js';
import type { Conversation, ConversationEvent, ConversationId, ConversationState, NewEvent } from './events.js';
import { eventAppended } from './observations.js';

export type Listener = (event: ConversationEvent) => void;

interface EventRow {
  seq: number;
  type: string;
  origin: string;
  at: Date;
  data: unknown;
}

interface ConversationRow {
  id: string;
  state: ConversationState;
  locale: Locale;
}

/** A conversation with what decides whether it may be resumed. */
interface StoredConversation extends Conversation {
  resumeHash: Uint8Array;
  lastSeenAt: Date;
  /** It belongs to a customer who signed in. */
  signedIn: boolean;
}

/** What a customer thinks of an answer; the comment is masked. */
export interface Feedback {
  /** Of the answer's event. */
  seq: number;
  rating: 'up' | 'down';
  reason?: string;
  comment?: string;
}

/** What may be written together with an event, in its transaction. */
interface AppendOptions {
  clientMessageId?: string;
  /** The conversation's state from this event on. */
  state?: ConversationState;
  maskCounts?: object;
  /** Values of the vault. */
  sealed?: readonly SealedToken[];
}

/** PostgreSQL's largest integer. */
const LAST_SEQ = 2_147_483_647;

/** SQLSTATE. */
const UNIQUE_VIOLATION = '23505';

/**
 * The log of all conversations: every event is numbered and committed here before anybody sees it.
 * Appends to one conversation happen one after the other, so that listeners get them in the order of their numbers.
 */
@Injectable()
export class ConversationLog {
  readonly #listeners = new Map<ConversationId, Set<Listener>>();
  readonly #order = new KeyedQueue<ConversationId>();

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** @param identityHash of the customer who signed in, if one did */
  async create(resumeHash: Uint8Array, locale: Locale, identityHash?: Uint8Array): Promise<Conversation> {
    const id = this.ids.next() as ConversationId;
    const now = this.clock.now();
    await this.database.query(
      `INSERT INTO conversations (id, locale, resume_hash, last_seen_at, created_at, identity_hash)
       VALUES ($1, $2, $3, $4, $4, $5)`,
      [id, locale, resumeHash, now, identityHash ?? null],
    );
    return { id, state: 'assistant', locale };
  }

  async find(id: ConversationId): Promise<StoredConversation | undefined> {
    const [row] = await this.database.query<
      ConversationRow & { resume_hash: Uint8Array; last_seen_at: Date; signed_in: boolean }
    >(
      `SELECT id, state, locale, resume_hash, last_seen_at, identity_hash IS NOT NULL AS signed_in
         FROM conversations WHERE id = $1`,
      [id],
    );
    return (
      row && {
        ...toConversation(row),
        resumeHash: row.resume_hash,
        lastSeenAt: row.last_seen_at,
        signedIn: row.signed_in,
      }
    );
  }

  /** Gives a conversation that is nobody's to a customer. False where it is another's. */
  async claim(id: ConversationId, identityHash: Uint8Array): Promise<boolean> {
    const rows = await this.database.query(
      `UPDATE conversations SET identity_hash = $2
        WHERE id = $1 AND (identity_hash IS NULL OR identity_hash = $2) RETURNING id`,
      [id, identityHash],
    );
    return rows.length > 0;
  }

  /** A sign of life: the resume token lives 30 minutes from the last one. */
  async touch(id: ConversationId): Promise<void> {
    await this.database.query('UPDATE conversations SET last_seen_at = $2 WHERE id = $1', [id, this.clock.now()]);
  }

  /** Committed events after `after`, in order. */
  async read(id: ConversationId, after = 0): Promise<ConversationEvent[]> {
    const rows = await this.database.query<EventRow>(
      'SELECT seq, type, origin, at, data FROM events WHERE conversation_id = $1 AND seq > $2 ORDER BY seq',
      [id, after],
    );
    return rows.map(toEvent);
  }

  async event(id: ConversationId, seq: number): Promise<ConversationEvent | undefined> {
    const [row] = await this.database.query<EventRow>(
      'SELECT seq, type, origin, at, data FROM events WHERE conversation_id = $1 AND seq = $2',
      [id, seq],
    );
    return row && toEvent(row);
  }

  /** The last committed events before `seq`, in order. */
  async before(id: ConversationId, seq: number, limit: number): Promise<ConversationEvent[]> {
    const rows = await this.database.query<EventRow>(
      `SELECT seq, type, origin, at, data FROM events WHERE conversation_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3`,
      [id, seq, limit],
    );
    return rows.toReversed().map(toEvent);
  }

  /** Before `seq`, the notices and the first sentences of fixed texts, in order; the last 500. */
  async remarks(id: ConversationId, seq: number): Promise<ConversationEvent[]> {
    const rows = await this.database.query<EventRow>(
      `SELECT seq, type, origin, at, data FROM events
        WHERE conversation_id = $1 AND seq < $2 AND origin = 'system'
          AND (type = 'notice' OR (type = 'answer.sentence' AND data->'index' = '0'::jsonb))
        ORDER BY seq DESC LIMIT 500`,
      [id, seq],
    );
    return rows.toReversed().map(toEvent);
  }

  async last(id: ConversationId): Promise<ConversationEvent | undefined> {
    return (await this.before(id, LAST_SEQ, 1))[0];
  }

  /** The number of an earlier message with that client's id. */
  async findMessage(id: ConversationId, clientMessageId: string): Promise<number | undefined> {
    const [row] = await this.database.query<{ seq: number }>(
      'SELECT seq FROM events WHERE conversation_id = $1 AND client_message_id = $2',
      [id, clientMessageId],
    );
    return row?.seq;
  }

  async maskCounts(id: ConversationId): Promise<Record<string, number>> {
    const [row] = await this.database.query<{ mask_counts: Record<string, number> }>(
      'SELECT mask_counts FROM conversations WHERE id = $1',
      [id],
    );
    return row?.mask_counts ?? {};
  }

  /**
   * Commits one event and tells the listeners. A `clientMessageId` that is there already gives the earlier event and `duplicate`.
   * @throws AppError `conversation.closed`; `store.unavailable` while the store is away.
   */
  append(
    id: ConversationId,
    event: NewEvent,
    options: AppendOptions = {},
  ): Promise<{ event: ConversationEvent; duplicate: boolean }> {
    return this.#order.run(id, async () => {
      const eventId = this.ids.next();
      const result = await this.#timed(() => this.#insert(this.database, id, eventId, event, options));
      if (!result.duplicate) this.#tell(id, result.event);
      return result;
    });
  }

  /**
   * `append` for what must not be lost once it is decided, such as a turn's sentences: waits for the store to come back
   * (20 s at most). The event keeps its id over the tries, so that a commit whose answer was lost is not written twice.
   */
  appendSurely(id: ConversationId, event: NewEvent, options: AppendOptions = {}): Promise<ConversationEvent> {
    return this.#order.run(id, async () => {
      const eventId = this.ids.next();
      const result = await this.#timed(() => surely(() => this.#insert(this.database, id, eventId, event, options)));
      this.#tell(id, result.event);
      return result.event;
    });
  }

  /** Overwrites the text of an earlier event and says so by `message.redacted`, in one transaction; as sure as `appendSurely`. */
  redact(id: ConversationId, seq: number, text: string): Promise<ConversationEvent> {
    return this.#order.run(id, async () => {
      const eventId = this.ids.next();
      const body: NewEvent = { type: 'message.redacted', origin: 'system', data: { seq, text } };
      const redaction = async (tx: Queryable) => {
        await tx.query(
          `UPDATE events SET data = jsonb_set(data, '{text}', to_jsonb($3::text)) WHERE conversation_id = $1 AND seq = $2`,
          [id, seq, text],
        );
        return this.#insert(tx, id, eventId, body, {});
      };
      const { event } = await this.#timed(() => surely(() => this.database.transaction(redaction)));
      this.#tell(id, event);
      return event;
    });
  }

  /** @param maskCounts where masking its comment gave tokens: their numbers are not given again; the values are not kept */
  async addFeedback(
    id: ConversationId,
    { seq, rating, reason, comment }: Feedback,
    maskCounts?: object,
  ): Promise<void> {
    await this.database.query(
      `WITH counted AS (UPDATE conversations SET mask_counts = $7::jsonb WHERE id = $1 AND $7::jsonb IS NOT NULL)
       INSERT INTO feedback (conversation_id, seq, rating, reason, comment, at) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (conversation_id, seq) DO UPDATE SET rating = $3, reason = $4, comment = $5, at = $6`,
      [
        id,
        seq,
        rating,
        reason ?? null,
        comment ?? null,
        this.clock.now(),
        maskCounts === undefined ? null : JSON.stringify(maskCounts),
      ],
    );
  }

  /** Open conversations whose last customer message has no `answer.completed`: turns that a dead process left behind. */
  async unfinishedTurns(): Promise<{ conversation: Conversation; turn: number; released: boolean }[]> {
    const rows = await this.database.query<ConversationRow & { turn: number; released: boolean }>(
      `SELECT c.id, c.state, c.locale, m.seq AS turn,
              EXISTS (SELECT 1 FROM events s WHERE s.conversation_id = c.id AND s.type = 'answer.sentence'
                        AND (s.data->>'turn')::int = m.seq) AS released
         FROM conversations c JOIN events m ON m.conversation_id = c.id AND m.type = 'message' AND m.origin = 'customer'
        WHERE c.state IN ('assistant', 'queued')
          AND NOT EXISTS (SELECT 1 FROM events e WHERE e.conversation_id = c.id AND e.type = 'answer.completed'
                            AND (e.data->>'turn')::int = m.seq)
        ORDER BY c.id, m.seq`,
    );
    return rows.map((row) => ({ conversation: toConversation(row), turn: row.turn, released: row.released }));
  }

  /** Open conversations without a sign of life since `before`. */
  async idleSince(before: Date): Promise<{ id: ConversationId; lastSeenAt: Date }[]> {
    const rows = await this.database.query<{ id: string; last_seen_at: Date }>(
      `SELECT id, last_seen_at FROM conversations WHERE state <> 'closed' AND last_seen_at < $1 ORDER BY last_seen_at LIMIT 500`,
      [before],
    );
    return rows.map((row) => ({ id: row.id as ConversationId, lastSeenAt: row.last_seen_at }));
  }

  /** Calls `listener` with each event that is committed from now on; returns the way to stop. */
  subscribe(id: ConversationId, listener: Listener): () => void {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(id);
    };
  }

  /** Runs `work` after every append that was asked for before, and before every later one: a read that misses nothing. */
  inOrder<T>(id: ConversationId, work: () => Promise<T>): Promise<T> {
    return this.#order.run(id, work);
  }

  /** Runs `work`, an append, and tells how long it took. */
  async #timed<T>(work: () => Promise<T>): Promise<T> {
    const begun = this.clock.monotonic();
    const result = await work();
    eventAppended.tell({ total: this.clock.monotonic() - begun });
    return result;
  }

  /** One statement, so that a sentence costs one round trip: the conversation's row gives the number and is locked by that. */
  async #insert(
    store: Queryable,
    id: ConversationId,
    eventId: string,
    event: NewEvent,
    { state, clientMessageId, maskCounts, sealed = [] }: AppendOptions,
  ): Promise<{ event: ConversationEvent; duplicate: boolean }> {
    const at = this.clock.now();
    const data = JSON.stringify(event.data);
    const vaulted = sealed.length > 0;
    const counts = maskCounts === undefined ? null : JSON.stringify(maskCounts);
    const [row] = await store
      .query<{ seq: number }>(
        `WITH numbered AS (
           UPDATE conversations
              SET last_seq = last_seq + 1, state = coalesce($9, state), mask_counts = coalesce($8::jsonb, mask_counts),
                  last_seen_at = CASE WHEN $4 = 'customer' THEN $5 ELSE last_seen_at END
            WHERE id = $1 AND state <> 'closed'
              AND NOT EXISTS (SELECT 1 FROM events WHERE id = $2 OR (conversation_id = $1 AND client_message_id = $7))
           RETURNING last_seq)
         ${vaulted ? VAULTED : ''}
         INSERT INTO events (conversation_id, seq, id, type, origin, at, data, client_message_id)
         SELECT $1::uuid, last_seq, $2::uuid, $3::text, $4::text, $5::timestamptz, $6::jsonb, $7::text FROM numbered
         RETURNING seq`,
        [
          id,
          eventId,
          event.type,
          event.origin,
          at,
          data,
          clientMessageId ?? null,
          counts,
          state ?? null,
          ...(vaulted ? [asRows(sealed)] : []),
        ],
      )
      .catch((error: unknown) => {
        // Another node wrote the same message between the look for it and the insertion.
        if ((error as { code?: unknown }).code === UNIQUE_VIOLATION) return [];
        throw error;
      });
    if (row) return { event: { ...event, seq: row.seq, at: at.toISOString() }, duplicate: false };
    return { event: await this.#earlier(store, id, eventId, clientMessageId), duplicate: true };
  }

  /** Why an event was not inserted: it is there already, or the conversation takes none. */
  async #earlier(
    store: Queryable,
    id: ConversationId,
    eventId: string,
    clientMessageId: string | undefined,
  ): Promise<ConversationEvent> {
    const [existing] = await store.query<EventRow>(
      `SELECT seq, type, origin, at, data FROM events
        WHERE id = $2 OR (conversation_id = $1 AND $3::text IS NOT NULL AND client_message_id = $3)`,
      [id, eventId, clientMessageId ?? null],
    );
    if (existing) return toEvent(existing);
    const [conversation] = await store.query('SELECT 1 FROM conversations WHERE id = $1', [id]);
    throw AppError.of(conversation ? 'conversation.closed' : 'conversation.unknown');
  }

  #tell(id: ConversationId, event: ConversationEvent): void {
    for (const listener of this.#listeners.get(id) ?? []) listener(event);
  }
}

/** Values of the vault, in the statement that writes their message; one that has grown replaces what was known of it. */
const VAULTED = `, vaulted AS (
           INSERT INTO vault_values (conversation_id, token, type, sealed, created_at)
           SELECT $1::uuid, v->>'token', v->>'type', decode(v->>'sealed', 'hex'), $5::timestamptz
             FROM numbered, jsonb_array_elements($10::jsonb) AS v
           ON CONFLICT (conversation_id, token) DO UPDATE SET sealed = excluded.sealed)`;

function asRows(sealed: readonly SealedToken[]): string {
  return JSON.stringify(sealed.map((value) => ({ ...value, sealed: value.sealed.toString('hex') })));
}

function surely<T>(work: () => Promise<T>): Promise<T> {
  return whileAway(work, () => errorMet.tell({ code: 'store.unavailable' }));
}

function toConversation(row: ConversationRow): Conversation {
  return { id: row.id as ConversationId, state: row.state, locale: row.locale };
}

function toEvent(row: EventRow): ConversationEvent {
  return {
    seq: row.seq,
    type: row.type,
    origin: row.origin,
    at: row.at.toISOString(),
    data: row.data,
  } as ConversationEvent;
}
