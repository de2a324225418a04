import { exemplarTexts, pairText, type Exemplar } from '../../src/knowledge/exemplar.js';
import { COSINE_WEIGHT } from '../../src/knowledge/hybrid-retriever.js';
import { BM25, LEXICAL_SCALE } from '../../src/knowledge/lexical-index.js';
import type { Embedder } from '../../src/models/embedder.js';
import { bigrams } from '../../src/text/bigrams.js';

/** BM25 by its formula, term by term over all texts, best first; texts that share no bigram are left out. */
export function bestByFormula(texts: ReadonlyMap<string, string>, query: string): { id: string; lexical: number }[] {
  const documents = [...texts].map(([id, text]) => ({ id, tokens: bigrams(text) }));
  const length = documents.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const slope = (BM25.k1 * BM25.b * documents.length) / Math.max(1, length);
  const terms = [...new Set(bigrams(query))].map((term) => {
    const df = documents.filter(({ tokens }) => tokens.includes(term)).length;
    return { term, idf: Math.log(1 + (documents.length - df + 0.5) / (df + 0.5)) };
  });
  const greatest = terms.reduce((sum, { idf }) => sum + idf, 0);
  const scale = greatest > 0 ? 1 / (LEXICAL_SCALE * (BM25.k1 + 1) * greatest) : 0;
  return documents
    .map(({ id, tokens }) => {
      const norm = BM25.k1 * (1 - BM25.b) + slope * tokens.length;
      const sum = terms.reduce((total, { term, idf }) => {
        const tf = tokens.filter((token) => token === term).length;
        return total + (idf * (BM25.k1 + 1) * tf) / (tf + norm);
      }, 0);
      return { id, lexical: sum * scale };
    })
    .filter(({ lexical }) => lexical > 0)
    .sort((a, b) => b.lexical - a.lexical || (a.id < b.id ? -1 : 1));
}

/** The recipe without an index: every exemplar gets both scores. For stores so small that all are candidates. */
export async function exemplarsByFormula(
  exemplars: readonly Exemplar[],
  embedder: Embedder,
  query: string,
): Promise<{ id: string; score: number }[]> {
  const lexical = new Map(
    bestByFormula(new Map(exemplars.map((e) => [e.id, `${e.topic} ${pairText(e)}`])), query).map(
      (found) => [found.id, found.lexical] as const,
    ),
  );
  const [question] = await embedder.embed([query], 'query');
  const scored = exemplars.map(async (exemplar) => {
    const texts = exemplarTexts(exemplar);
    const vectors = await embedder.embed(
      texts.map(({ text }) => text),
      'passage',
    );
    const discount = { pair: 0, question: 0.02, phrasing: 0.07 };
    const cosines = texts.map(({ kind }, at) => cosine(question!, vectors[at]!) - discount[kind]);
    const score = (lexical.get(exemplar.id) ?? 0) + COSINE_WEIGHT.exemplar * Math.max(0, ...cosines);
    return { id: exemplar.id, score };
  });
  return (await Promise.all(scored)).sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
}

/** Of the vectors as they are stored, with five decimals. */
function cosine(a: Float32Array, b: Float32Array): number {
  const [x, y] = [a, b].map((vector) => Array.from(vector, (value) => Math.round(value * 1e5) / 1e5));
  return x!.reduce((sum, value, at) => sum + value * y![at]!, 0) / (Math.hypot(...x!) * Math.hypot(...y!));
}
