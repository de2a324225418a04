import { Document } from '@langchain/core/documents';
import { BaseRetriever, type BaseRetrieverInput } from '@langchain/core/retrievers';
import type { PassageRails, PhoneRegistry } from '../guardrails/index.js';
import { Retriever } from './retriever.js';

export interface SangdamRetrieverInput extends BaseRetrieverInput {
  from: Retriever;
  passageRails: PassageRails;
  phones: PhoneRegistry;
  /** Documents for a question at most; 4 by default. */
  k?: number | undefined;
}

/**
 * Our retriever as LangChain's, for chains and evaluations of others; the service itself does not go through it. What it finds
 * may go into a prompt as it is: a passage that speaks to the assistant is left out, telephone numbers are filled in.
 */
export class SangdamRetriever extends BaseRetriever {
  override lc_namespace = ['sangdam', 'retrievers'];
  readonly #input: SangdamRetrieverInput;

  constructor(input: SangdamRetrieverInput) {
    super(input);
    this.#input = input;
  }

  static override lc_name(): string {
    return 'SangdamRetriever';
  }

  override async _getRelevantDocuments(query: string): Promise<Document[]> {
    const { from, passageRails, phones, k = 4 } = this.#input;
    const hits = await from.retrieve(query, { k });
    return hits.flatMap(({ source, kind, title, ref, page, text: found, score, confidence }) => {
      const { action, text } = passageRails.check(found);
      if (action !== 'pass') return [];
      const metadata = { source, kind, title, score, confidence, ...(ref ? { ref } : {}), ...(page ? { page } : {}) };
      return [new Document({ id: source, pageContent: phones.render(text), metadata })];
    });
  }
}
