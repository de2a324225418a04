import { Document } from '@langchain/core/documents';
import { BaseRetriever, type BaseRetrieverInput } from '@langchain/core/retrievers';
import { Retriever } from './retriever.js';

/** Our retriever as LangChain's, for chains and evaluations of others. The service itself does not go through it. */
export class SangdamRetriever extends BaseRetriever {
  override lc_namespace = ['sangdam', 'retrievers'];

  constructor(
    private readonly retriever: Retriever,
    private readonly k = 4,
    fields: BaseRetrieverInput = {},
  ) {
    super(fields);
  }

  static override lc_name(): string {
    return 'SangdamRetriever';
  }

  override async _getRelevantDocuments(query: string): Promise<Document[]> {
    const hits = await this.retriever.retrieve(query, { k: this.k });
    return hits.map(
      ({ source, kind, title, ref, page, text, score, confidence }) =>
        new Document({
          id: source,
          pageContent: text,
          metadata: { source, kind, title, score, confidence, ...(ref ? { ref } : {}), ...(page ? { page } : {}) },
        }),
    );
  }
}
