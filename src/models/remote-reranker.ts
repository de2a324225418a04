import { CallFailure, type ModelHost } from './model-host.js';
import { Reranker } from './reranker.js';

/** The caller's signal ends a call sooner; this one ends a call that nobody ends. */
const TIMEOUT = 10_000;

/**
 * A cross-encoder behind `/rerank`: llama-server, vLLM, Jina and Cohere take `{query, documents}` and give
 * `{results: [{index, relevance_score}]}`; TEI takes `{query, texts}` and gives `[{index, score}]`. The first is tried first.
 */
export class RemoteReranker extends Reranker {
  private speaksTei = false;

  constructor(
    private readonly host: ModelHost,
    private readonly model: string | undefined,
  ) {
    super();
  }

  override get name(): string {
    return this.model ?? 'rerank';
  }

  override async rerank(query: string, texts: readonly string[], signal: AbortSignal): Promise<number[]> {
    if (texts.length === 0) return [];
    if (this.speaksTei) return this.askTei(query, texts, signal);
    try {
      const model = this.model === undefined ? {} : { model: this.model };
      const body = { ...model, query, documents: texts, top_n: texts.length };
      return scoresOf(await this.host.post('/rerank', body, TIMEOUT, signal), texts.length);
    } catch (error) {
      if (!(error instanceof CallFailure) || error.reason !== 'input-refused') throw error;
      const scores = await this.askTei(query, texts, signal);
      this.speaksTei = true;
      return scores;
    }
  }

  private async askTei(query: string, texts: readonly string[], signal: AbortSignal): Promise<number[]> {
    return scoresOf(await this.host.post('/rerank', { query, texts, truncate: true }, TIMEOUT, signal), texts.length);
  }
}

/** @throws CallFailure bad-answer: another shape, a text without a score or with two, a score that is no number */
function scoresOf(answer: unknown, count: number): number[] {
  const results: unknown = Array.isArray(answer) ? answer : (answer as { results?: unknown } | null)?.results;
  if (!Array.isArray(results) || results.length !== count) throw new CallFailure('bad-answer');
  const scores: number[] = [];
  for (const item of results as { index?: unknown; relevance_score?: unknown; score?: unknown }[]) {
    const score = item?.relevance_score ?? item?.score;
    if (typeof item?.index !== 'number' || typeof score !== 'number') throw new CallFailure('bad-answer');
    scores[item.index] = score;
  }
  if (scores.length !== count || Object.keys(scores).length !== count) throw new CallFailure('bad-answer');
  return scores;
}
