import { text, type Locale } from '../config/texts.js';
import { standsVerbatim } from '../guardrails/index.js';
import type { Hit } from '../knowledge/index.js';
import { bigrams } from '../text/bigrams.js';
import type { CitedSource } from './events.js';

/** An approved answer's source: what was approved as its question, and what it rests on. The answer itself was just said. */
export function approvedSource(hit: Hit, locale: Locale): CitedSource {
  const { question = hit.title, statutes = [] } = hit.exemplar ?? {};
  const named = statutes.map(({ law, article }) => `${law} ${article}`).join(', ');
  const lines = [text('source.question', { question }, locale)];
  if (hit.basis?.length) lines.push(text('source.documents', { documents: hit.basis.join(', ') }, locale));
  if (named !== '') lines.push(text('source.statutes', { statutes: named }, locale));
  return { id: hit.source, title: hit.title, text: lines.join('\n') };
}

/** A source as clients see it, with its text to open in place. */
export function citedSource(hit: Hit): CitedSource {
  const { source, title, ref, page } = hit;
  return { id: source, title, text: hit.text, ...(ref ? { ref } : {}), ...(page ? { page } : {}) };
}

/** How a text names what it quotes: `은행법 제21조`, `정기예금 상품설명서 › 금리 3쪽`. */
export function nameOf({ ref, title, page }: Hit, locale: Locale): string {
  if (ref) return `${ref.law} ${ref.article}`;
  return page === undefined ? title : `${title} ${text('source.page', { page }, locale)}`;
}

/** The sources that carry a sentence: those in which it stands word for word, else the one that shares most of its bigrams. */
export function cite(sentence: string, hits: readonly Hit[]): CitedSource[] {
  const verbatim = hits.filter((hit) => standsVerbatim(sentence, hit.text));
  if (verbatim.length > 0) return verbatim.slice(0, 2).map(citedSource);
  const wanted = new Set(bigrams(sentence));
  const shared = (hit: Hit): number => new Set(bigrams(hit.text)).intersection(wanted).size;
  const [closest] = [...hits].sort((a, b) => shared(b) - shared(a));
  return closest ? [citedSource(closest)] : [];
}
