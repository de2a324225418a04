import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AppError } from '../config/app-error.js';
import { Clock } from '../config/clock.js';
import { Audit, type AuditEntry } from '../accounts/index.js';
import { RuleSet } from '../guardrails/index.js';
import {
  canonicalValue,
  ConversationMasker,
  isDeleted,
  NamedEntities,
  Vault,
  type PiiFinding,
  type IssuedToken,
  type SealedToken,
} from '../privacy/index.js';
import { cleanText } from '../text/normalise.js';
import { ConversationLog } from './conversation-log.js';
import type { ConversationId } from './events.js';
import { personalDataMasked } from './observations.js';

/** A masker that was not used for so long is dropped, milliseconds: the conversation is closed by then. */
const LIFETIME = 30 * 60_000;
/** A message with something of every kind of search in it; afterwards the patterns are compiled. */
const WARM_UP = '제 이름은 김하늘이고 번호는 010-0000-0000, 생일은 1990년 1월 2일, 계좌는 110-000-000000입니다.';
const WARM_UP_RUNS = 6;

export interface MaskedMessage {
  text: string;
  /** How many tokens of each type the conversation has now; stored with the message. */
  counts: Record<string, number>;
  secretTyped: boolean;
  /** The search for personal data took longer than it may: nothing but the safe way goes on from here. */
  isLate: boolean;
  /** Values for the vault, to be stored with the message. */
  sealed: readonly SealedToken[];
  /** Earlier messages that turn out to hold a part of a value. */
  redactions: { seq: number; text: string }[];
  /** To be called with the number that the message got. */
  committed(seq: number): void;
}

/** One masker a conversation, in memory alone; numbering goes on from the stored counts when it is made again. */
@Injectable()
export class Masking implements OnModuleInit {
  readonly #maskers = new Map<
    ConversationId,
    { masker: ConversationMasker; usedAt: number; keys: Map<number, number>; vaultKey?: Buffer }
  >();
  #nextKey = 1;

  constructor(
    private readonly log: ConversationLog,
    private readonly vault: Vault,
    private readonly audit: Audit,
    private readonly clock: Clock,
    private readonly entities: NamedEntities,
    private readonly rules: RuleSet,
  ) {}

  /** The first search of a process compiles its patterns, which takes longer than a message may take. */
  onModuleInit(): void {
    for (let run = 0; run < WARM_UP_RUNS; run++) new ConversationMasker({ clock: this.clock }).mask(WARM_UP);
  }

  /**
   * Not for two messages of one conversation at once.
   * @param raw as it was typed: what is invisible in it may part two numbers, so it is cleaned after it is masked
   * @throws AppError `privacy.failed`: what could not be searched is not kept
   */
  async mask(id: ConversationId, raw: string): Promise<MaskedMessage> {
    const held = await this.#masker(id);
    const key = this.#nextKey++;
    const entities = await this.entities.find(raw);
    const begun = this.clock.computed();
    const { text, findings, issued, redactions } = this.#search(held.masker, raw, key, undefined, entities);
    const isLate = this.clock.computed() - begun > this.rules.settings.timeouts.input;
    const kept = issued.filter(({ type }) => Vault.keeps(type));
    const [vaultKey] = await Promise.all([
      kept.length > 0 ? (held.vaultKey ?? this.vault.keyOf(id, this.clock.now())) : undefined,
      this.#record(id, findings, kept),
    ]);
    if (vaultKey) held.vaultKey = vaultKey;
    return {
      text: cleanText(text).trim(),
      counts: held.masker.next,
      sealed: vaultKey ? this.vault.seal(id, vaultKey, kept) : [],
      secretTyped: findings.some(({ type }) => isDeleted(type)),
      isLate,
      redactions: redactions.flatMap((redaction) => {
        const seq = held.keys.get(redaction.turn);
        return seq === undefined ? [] : [{ seq, text: cleanText(redaction.text).trim() }];
      }),
      committed: (seq) => void held.keys.set(key, seq),
    };
  }

  #search(
    masker: ConversationMasker,
    ...message: Parameters<ConversationMasker['mask']>
  ): ReturnType<ConversationMasker['mask']> {
    try {
      return masker.mask(...message);
    } catch {
      // The error could hold the text that it failed on.
      throw AppError.of('privacy.failed');
    }
  }

  /**
   * What was found. Where no line can be written the message is masked all the same; what else must not happen then, the turn sees to.
   * @param kept values of types that have a fingerprint
   */
  async #record(
    conversation: ConversationId,
    findings: readonly PiiFinding[],
    kept: readonly IssuedToken[],
  ): Promise<void> {
    if (findings.length + kept.length === 0) return;
    personalDataMasked.tell({ types: findings.map(({ type }) => type) });
    const types: Record<string, number> = {};
    for (const { type } of findings) types[type] = (types[type] ?? 0) + 1;
    const entry: AuditEntry = {
      stage: 'privacy',
      action: 'mask',
      conversation,
      types,
      spans: findings.map(({ start, end }) => end - start),
      hmac: kept.map(({ type, value }) => this.vault.fingerprint(type, canonicalValue(type, value))),
      versions: { key: this.vault.masterId },
    };
    await this.audit.record(entry).catch(() => undefined);
  }

  forget(id: ConversationId): void {
    this.#maskers.delete(id);
  }

  /** To be called every few seconds: raw text is forgotten after five minutes, with or without a further message. */
  sweep(): void {
    const oldest = this.clock.monotonic() - LIFETIME;
    for (const [id, { masker, usedAt }] of this.#maskers) {
      if (usedAt < oldest) this.#maskers.delete(id);
      else masker.forgetExpired();
    }
  }

  async #masker(id: ConversationId) {
    const held = this.#maskers.get(id) ?? {
      masker: new ConversationMasker({ next: await this.log.maskCounts(id), clock: this.clock }),
      usedAt: 0,
      keys: new Map<number, number>(),
    };
    held.usedAt = this.clock.monotonic();
    this.#maskers.set(id, held);
    return held;
  }
}
