import { Injectable } from '@nestjs/common';
import { Audit, type AuditEntry } from '../accounts/index.js';
import { Clock } from '../config/clock.js';
import { OutputRails, PhoneRegistry, timed, type PolicyFinding } from '../guardrails/index.js';
import { NamedEntities, StreamMasker } from '../privacy/index.js';
import { SentenceSplitter } from '../text/sentences.js';
import { sentenceChecked } from './observations.js';

/** What a text is checked against. */
export interface ReleaseContext {
  /** Texts that the sentences must be grounded in. */
  sources: readonly string[];
  /** The customer's question, masked: no evidence, but quoted amounts are allowed beside 말씀하신. */
  question?: string;
  /** The prompt that must not come out again. */
  promptText?: string;
  /** Whether each sentence must stand word for word in one of the sources (what a small model may say). */
  verbatim: boolean;
  /** Which turn it belongs to, and which model wrote it. */
  origin: { conversation: string; turn: number; model?: string };
  /** Our own static text, which goes out even where the audit log cannot be written: customers in danger must not be left alone. */
  fixed?: boolean;
  /** The finding because of which the text is added to an answer: it stands in the audit log with it. */
  because?: PolicyFinding;
}

export type Released =
  | { action: 'release'; text: string; findings: PolicyFinding[] }
  /** `unchecked`: its check failed or took too long, and the turn is to end. */
  | { action: 'withhold'; findings: PolicyFinding[]; unchecked?: true };

/**
 * The one way out. Text goes in as it is written, in chunks of any size; sentences come out that were masked and checked.
 * Generated answers, approved exemplars and fixed texts all pass here, and nothing reaches a client that has not.
 */
@Injectable()
export class Release {
  constructor(
    private readonly rails: OutputRails,
    private readonly phones: PhoneRegistry,
    private readonly audit: Audit,
    private readonly clock: Clock,
    private readonly entities: NamedEntities,
  ) {}

  /**
   * Verified sentences, each as soon as it is complete and its verdict is in the audit log; a sentence that may not go out is reported as
   * `withhold`.
   * @throws AppError `audit.unavailable`
   */
  async *sentences(
    chunks: AsyncIterable<string> | Iterable<string>,
    context: ReleaseContext,
  ): AsyncGenerator<Released> {
    const masker = new StreamMasker({
      allow: (finding, value) => finding.type === 'PHONE' && this.phones.has(value),
    });
    const splitter = new SentenceSplitter();
    for await (const chunk of chunks) yield* await this.#checked(splitter.push(masker.push(chunk)), context);
    yield* await this.#checked([...splitter.push(masker.end()), ...splitter.end()], context);
  }

  /** Our own static text takes the same way out as every other. */
  async ours(origin: ReleaseContext['origin'], ours: string, because?: PolicyFinding): Promise<string[]> {
    const context = { sources: [ours], verbatim: false, origin, fixed: true, ...(because ? { because } : {}) };
    const released = await Array.fromAsync(this.sentences([ours], context));
    return released.flatMap((sentence) => (sentence.action === 'release' ? [sentence.text] : []));
  }

  async #checked(masked: readonly string[], context: ReleaseContext): Promise<Released[]> {
    const entries: AuditEntry[] = [];
    // Our own static text holds nobody's name, and must go out while models are down.
    const sentences = context.fixed ? masked : await Promise.all(masked.map((each) => this.entities.masked(each)));
    const checked = sentences.map((sentence) => {
      const begun = this.clock.monotonic();
      const { released, rewritten, versions } = this.#check(sentence, context);
      entries.push({
        stage: 'output',
        action: rewritten || context.because ? 'rewrite' : released.action,
        ...context.origin,
        rules: [
          ...(context.because ? [context.because.rule] : []),
          ...('unchecked' in released ? ['unchecked'] : released.findings.map(({ rule }) => rule)),
        ],
        spans: [sentence.length],
        versions,
        latency: Math.round((this.clock.monotonic() - begun) * 10) / 10,
      });
      return released;
    });
    const written = this.audit.record(...entries);
    await (context.fixed ? written.catch(() => undefined) : written);
    return checked;
  }

  #check(
    sentence: string,
    context: ReleaseContext,
  ): { released: Released; rewritten: boolean; versions: { rules: string } } {
    const checked = timed(this.clock, this.rails.timeout, () => this.rails.check(sentence.trim(), context));
    const versions = { rules: this.rails.version };
    if (checked.state !== 'done') {
      sentenceChecked.tell({ action: context.fixed ? 'release' : 'withhold', category: 'none' });
      // Our own static texts are checked by tests, and must go out when everything else is down.
      const released: Released = context.fixed
        ? { action: 'release', text: sentence, findings: [] }
        : { action: 'withhold', findings: [], unchecked: true };
      return { released, rewritten: false, versions };
    }
    const verdict = checked.value;
    const action = verdict.action === 'withhold' ? 'withhold' : 'release';
    sentenceChecked.tell({ action, category: (context.because ?? verdict.findings[0])?.category ?? 'none' });
    const { findings } = verdict;
    const released: Released = action === 'withhold' ? { action, findings } : { action, text: verdict.text, findings };
    return { released, rewritten: verdict.action === 'rewrite', versions };
  }
}

export function isUnchecked(sentence: Released): boolean {
  return sentence.action === 'withhold' && sentence.unchecked === true;
}
