import { Injectable } from '@nestjs/common';
import { OutputRails, PhoneRegistry, type PolicyFinding } from '../guardrails/index.js';
import { StreamMasker } from '../privacy/index.js';
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
}

export type Released =
  { action: 'release'; text: string; findings: PolicyFinding[] } | { action: 'withhold'; findings: PolicyFinding[] };

/**
 * The one way out. Text goes in as it is written, in chunks of any size; sentences come out that were masked and checked.
 * Generated answers, approved exemplars and fixed texts all pass here, and nothing reaches a client that has not.
 */
@Injectable()
export class Release {
  constructor(
    private readonly rails: OutputRails,
    private readonly phones: PhoneRegistry,
  ) {}

  /** Verified sentences, each as soon as it is complete; a sentence that may not go out is reported as `withhold`. */
  async *sentences(
    chunks: AsyncIterable<string> | Iterable<string>,
    context: ReleaseContext,
  ): AsyncGenerator<Released> {
    const masker = new StreamMasker({
      allow: (finding, value) => finding.type === 'PHONE' && this.phones.has(value),
    });
    const splitter = new SentenceSplitter();
    for await (const chunk of chunks)
      for (const sentence of splitter.push(masker.push(chunk))) yield this.#check(sentence, context);
    for (const sentence of splitter.push(masker.end())) yield this.#check(sentence, context);
    for (const sentence of splitter.end()) yield this.#check(sentence, context);
  }

  #check(sentence: string, context: ReleaseContext): Released {
    const verdict = this.rails.check(sentence.trim(), context);
    const action = verdict.action === 'withhold' ? 'withhold' : 'release';
    sentenceChecked.tell({ action, category: verdict.findings[0]?.category ?? 'none' });
    return action === 'withhold'
      ? { action, findings: verdict.findings }
      : { action, text: verdict.text, findings: verdict.findings };
  }
}
