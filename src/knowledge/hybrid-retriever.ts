import { AppError } from '../config/app-error.js';
import { Clock } from '../config/clock.js';
import { bigrams } from '../text/bigrams.js';
import type { AsOf } from './as-of.js';
import { basisOf, probability, type Calibration, type Features, type SourceClass } from './calibration.js';
import { titlePath } from './document.js';
import type { ExemplarText } from './exemplar.js';
import { KnowledgeIndex, type ExemplarUnit, type PassageUnit } from './knowledge-index.js';
import { KnowledgeRepository } from './knowledge-repository.js';
import type { LexicalIndex, LexicalScores } from './lexical-index.js';
import type { Passage } from './passages.js';
import { RERANKED, type RerankStage } from './rerank-stage.js';
import { Retriever, type Hit, type RetrieveOptions } from './retriever.js';
import { VectorStore, type Cosines, type VectorSet } from './vector-store.js';

/** Weight of the cosine beside the lexical score, chosen on six Korean sets: pairs are short, so meaning counts more. */
export const COSINE_WEIGHT = { exemplar: 5, passage: 3 } as const;

/**
 * Taken off a cosine before the largest of an exemplar counts. A question is always nearer to other short questions than
 * to a pair of question and answer, right or wrong; without this an exemplar with many phrasings wins by their number:
 * 1,480 phrasings of the shipped exemplars, each asked without itself: recall@1 .42 → .57, @5 .75 → .84, alike on both
 * halves. A question that stands word for word among the phrasings still wins (1 − .07).
 */
const DISCOUNT = { pair: 0, question: 0.02, phrasing: 0.07 } as const satisfies Record<ExemplarText['kind'], number>;

/** Candidates of each kind from the lexical search; the dense one gives as many (`VectorStore`). */
const CANDIDATES = 100;
/** Indexes of other days than today that are kept. */
const MAX_INDEXES = 3;

/** A unit with what its confidence comes from. */
export interface Scored<Unit> extends Features {
  unit: Unit;
}

/** What the words of a question find in one kind of texts. */
interface ByWords<Unit> {
  /** The candidates, with their lexical scores. */
  best: Map<Unit, number>;
  scores: LexicalScores;
}

/** A question as the embedder of the searched set sees it. */
interface DenseSearch {
  set: VectorSet;
  vector: Float32Array;
}

/** Both rankings for one question, each by falling score. */
export interface Rankings {
  exemplars: Scored<ExemplarUnit>[];
  passages: (Scored<PassageUnit> & { cosines: Cosines })[];
  /** Whose cosines they are; undefined where the scores are lexical alone. */
  embedder: string | undefined;
  /** The texts that were ranked. */
  index: KnowledgeIndex;
}

/**
 * Lexical and dense retrieval, fused: candidates are the 100 best of BM25 and the 100 nearest by cosine, and each gets
 * both scores, `lexical + w·cosine`. Exemplars, documents and statutes are ranked apart and merged by calibrated probability.
 * Reciprocal rank fusion was .4 to 7.5 points recall@1 worse on every set tried.
 */
export class HybridRetriever extends Retriever {
  private readonly indexes = new Map<AsOf, KnowledgeIndex>();

  constructor(
    private readonly repository: KnowledgeRepository,
    private readonly vectors: VectorStore,
    private readonly calibration: Calibration,
    private readonly clock: Clock,
    private readonly rerank?: RerankStage,
  ) {
    super();
  }

  /** Reads the texts of today into memory, so that the first question need not wait. */
  async warm(): Promise<void> {
    await this.index('today');
  }

  override async retrieve(query: string, { k, signal, asOf = 'today' }: RetrieveOptions): Promise<Hit[]> {
    const { exemplars, passages, embedder, index } = await this.rank(query, asOf, signal);
    const depth = this.rerank ? Math.max(k, RERANKED) : k;
    const [statutes, documents] = [passages.filter(isStatute), passages.filter((scored) => !isStatute(scored))];
    const best = [
      ...this.first(depth, 'exemplar', exemplars, embedder, (scored) => exemplarHit(scored, index)),
      ...this.first(depth, 'document', documents, embedder, (scored) => passageHit(scored, query)),
      ...this.first(depth, 'statute', statutes, embedder, (scored) => passageHit(scored, query)),
    ]
      .sort((a, b) => b.confidence - a.confidence || b.score - a.score)
      .slice(0, depth);
    if (!this.rerank) return best.map(({ hit }) => hit());
    const candidates = best.map(({ hit, level }) => ({ hit: hit(), level }));
    return (await this.rerank.apply(query, candidates, signal)).slice(0, k);
  }

  /**
   * The two rankings before they are merged.
   * @param leaveOut Vectors of exemplars that do not count: a phrasing that is asked must not find itself.
   */
  async rank(
    query: string,
    asOf: AsOf = 'today',
    signal?: AbortSignal,
    leaveOut: ReadonlySet<number> = new Set(),
  ): Promise<Rankings> {
    const [search, words] = await Promise.all([this.search(query, signal), this.byWords(query, asOf)]);
    signal?.throwIfAborted();
    const { index } = words;
    const cosines = search
      ? await this.vectors.cosines(search.set, search.vector, {
          exemplars: [...words.exemplars.best.keys()].flatMap(({ vectors }) => vectors.map(({ key }) => key)),
          passages: [...words.passages.best.keys()].flatMap(({ passages }) => passages.map(({ key }) => key)),
        })
      : { exemplars: new Map<number, number>(), passages: new Map<number, number>() };
    for (const key of leaveOut) cosines.exemplars.delete(key);
    signal?.throwIfAborted();
    const dense = cosines.exemplars.size + cosines.passages.size > 0;
    return {
      exemplars: rankExemplars(index, words.exemplars, cosines.exemplars, dense),
      passages: rankPassages(index, words.passages, cosines.passages, dense),
      embedder: dense ? search?.set.embedder.id : undefined,
      index,
    };
  }

  /** Goes on while the embedder is at work in its own thread. */
  private async byWords(
    query: string,
    asOf: AsOf,
  ): Promise<{ index: KnowledgeIndex; exemplars: ByWords<ExemplarUnit>; passages: ByWords<PassageUnit> }> {
    const index = await this.index(asOf);
    return {
      index,
      exemplars: bestByWords(index.exemplarTexts, query, (id) => index.exemplarUnit(id)!),
      passages: bestByWords(index.passageTexts, query, (id) => index.passageUnit(id)!),
    };
  }

  /** The first of one kind's ranking, not yet hits. Confidence never rises down a ranking: its order is the score's. */
  private first<S extends Features>(
    depth: number,
    kind: SourceClass,
    ranking: readonly S[],
    embedder: string | undefined,
    hitOf: (scored: S & { confidence: number }) => Hit,
  ): { score: number; confidence: number; level: number; hit: () => Hit }[] {
    const { model, features } = basisOf(this.calibration, kind, ranking, embedder);
    let ceiling = 1;
    return ranking.slice(0, depth).map((scored, rank) => {
      const confidence = (ceiling = Math.min(ceiling, probability(model, features[rank]!)));
      const level = probability(model, { ...features[rank]!, margin: 0 });
      return { score: scored.score, confidence, level, hit: () => hitOf({ ...scored, confidence }) };
    });
  }

  private async index(asOf: AsOf): Promise<KnowledgeIndex> {
    let index = this.indexes.get(asOf);
    if (!index) {
      index = new KnowledgeIndex(this.repository, asOf, this.clock);
      const oldest = [...this.indexes.keys()].find((day) => day !== 'today');
      if (this.indexes.size >= MAX_INDEXES && oldest) this.indexes.delete(oldest);
      this.indexes.set(asOf, index);
    }
    await index.refresh();
    return index;
  }

  /** Undefined where there is no embedder for the store's vectors, or none any more: the words of the question must do. */
  private async search(query: string, signal?: AbortSignal): Promise<DenseSearch | undefined> {
    if (query.trim() === '') return undefined;
    const set = await this.vectors.searched();
    if (!set) return undefined;
    try {
      const [vector] = await set.embedder.embed([query], 'query', signal);
      return { set, vector: vector! };
    } catch (error) {
      if (error instanceof AppError && error.code === 'embedder.unavailable') return undefined;
      throw error;
    }
  }
}

function bestByWords<Unit>(texts: LexicalIndex, query: string, unitOf: (id: string) => Unit): ByWords<Unit> {
  const scores = texts.score(query);
  return { best: new Map(scores.best(CANDIDATES).map(({ id, lexical }) => [unitOf(id), lexical])), scores };
}

function rankExemplars(
  index: KnowledgeIndex,
  { best, scores }: ByWords<ExemplarUnit>,
  cosines: Cosines,
  dense: boolean,
): Scored<ExemplarUnit>[] {
  const candidates = new Set(best.keys());
  for (const key of cosines.keys()) addKnown(candidates, index.ofVector(key));
  return ranked(
    [...candidates].map((unit) =>
      features(
        unit,
        best.get(unit) ?? scores.of(unit.id),
        exemplarCosine(unit, cosines),
        dense ? COSINE_WEIGHT.exemplar : 0,
      ),
    ),
  );
}

function rankPassages(
  index: KnowledgeIndex,
  { best, scores }: ByWords<PassageUnit>,
  cosines: Cosines,
  dense: boolean,
): (Scored<PassageUnit> & { cosines: Cosines })[] {
  const candidates = new Set(best.keys());
  for (const key of cosines.keys()) addKnown(candidates, index.ofPassage(key));
  return ranked(
    [...candidates].map((unit) => {
      const cosine = greatest(
        unit.passages.map(({ key }) => key),
        cosines,
      );
      const lexical = best.get(unit) ?? scores.of(unit.id);
      return { ...features(unit, lexical, cosine, dense ? COSINE_WEIGHT.passage : 0), cosines };
    }),
  );
}

/** A vector that was found may belong to a text that may not be cited on that day. */
function addKnown<Unit>(candidates: Set<Unit>, unit: Unit | undefined): void {
  if (unit !== undefined) candidates.add(unit);
}

function exemplarCosine({ vectors }: ExemplarUnit, cosines: Cosines): number {
  return vectors.reduce((best, { key, kind }) => Math.max(best, (cosines.get(key) ?? 0) - DISCOUNT[kind]), 0);
}

function greatest(keys: readonly number[], cosines: Cosines): number {
  return keys.reduce((best, key) => Math.max(best, cosines.get(key) ?? 0), 0);
}

function features<Unit>(unit: Unit, lexical: number, cosine: number, weight: number): Scored<Unit> {
  return { unit, lexical, cosine, score: lexical + weight * cosine, margin: 0 };
}

/** By falling score, with each one's lead over the best other. */
function ranked<Unit extends { id: string }, S extends Scored<Unit>>(all: S[]): S[] {
  const sorted = all.sort((a, b) => b.score - a.score || (a.unit.id < b.unit.id ? -1 : 1));
  const first = sorted[0]?.score ?? 0;
  const second = sorted[1]?.score ?? 0;
  return sorted.map((scored, rank) => ({ ...scored, margin: scored.score - (rank === 0 ? second : first) }));
}

function isStatute({ unit }: Scored<PassageUnit>): boolean {
  return unit.document.kind === 'statute';
}

function exemplarHit(
  { unit, score, cosine, lexical, confidence }: Scored<ExemplarUnit> & { confidence: number },
  index: KnowledgeIndex,
): Hit {
  const { exemplar } = unit;
  return {
    source: `exemplar:${exemplar.id}@${exemplar.version}`,
    kind: 'exemplar',
    title: exemplar.topic || exemplar.question,
    text: exemplar.answer,
    score,
    cosine,
    lexical,
    confidence,
    exemplar,
    basis: exemplar.documents.flatMap((id) => index.documentTitle(id) ?? []),
  };
}

function passageHit(
  { unit, cosines, score, cosine, lexical, confidence }: Scored<PassageUnit> & { cosines: Cosines; confidence: number },
  query: string,
): Hit {
  const { document } = unit;
  const { n, heading, text, article, page } = bestPassage(unit.passages, cosines, query);
  return {
    source: `passage:${document.id}@${document.version}#${n}`,
    kind: 'passage',
    title: titlePath(document.title, heading === '' ? [] : [heading]),
    ...(article === undefined ? {} : { ref: { law: document.title, article } }),
    ...(page === undefined ? {} : { page }),
    text,
    score,
    cosine,
    lexical,
    confidence,
    passage: {
      document: document.id,
      version: document.version,
      n,
      heading,
      kind: document.kind,
      category: document.category,
    },
  };
}

/** Of an article's passages the one that speaks to the question: by meaning and by the share of its bigrams. */
function bestPassage<P extends Passage & { key: number }>(passages: readonly P[], cosines: Cosines, query: string): P {
  if (passages.length === 1) return passages[0]!;
  const wanted = new Set(bigrams(query));
  const fit = (passage: P): number => {
    const shared = wanted.intersection(new Set(bigrams(passage.text))).size / Math.max(1, wanted.size);
    return shared + COSINE_WEIGHT.passage * (cosines.get(passage.key) ?? 0);
  };
  return passages.reduce((best, passage) => (fit(passage) > fit(best) ? passage : best));
}
