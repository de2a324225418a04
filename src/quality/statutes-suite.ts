import { readFileSync } from 'node:fs';
import type { Clock } from '../config/clock.js';
import { shipped } from '../config/package-root.js';
import { EmbeddedDatabase } from '../database/embedded-database.js';
import { migrate } from '../database/migrations.js';
import { openKnowledge, type Retriever } from '../knowledge/index.js';
import type { Embedder } from '../models/embedder.js';
import { wilson, type Interval } from './intervals.js';

/** Share of the questions whose right law or article stands first, among the first five, and the mean reciprocal rank up to 10. */
export interface RankingFigures {
  recall1: Interval;
  recall5: Interval;
  mrr10: number;
}

export interface StatutesReport {
  suite: 'statutes';
  n: number;
  law: RankingFigures;
  article: RankingFigures;
  /** What the retrieval recipe reached when it was measured (docs/models.md), on the same questions. */
  recipe: typeof RECIPE;
  gates: { metric: string; value: number; least: number; passed: boolean }[];
  passed: boolean;
}

export interface StatutesSuiteOptions {
  embedder: Embedder;
  clock: Clock;
  /** Of the embedded store that is filled with the statutes alone; in memory where not given. */
  folder?: string;
  signal?: AbortSignal;
}

const RECIPE = {
  article: { recall1: 0.808, recall5: 0.942, mrr10: 0.875 },
  law: { recall1: 0.883, recall5: 0.967 },
} as const;

/** A gate lies one point below the recipe: rounding of vectors and the approximate index move single questions. */
const TOLERANCE = 0.01;

interface StatuteQuestion {
  query: string;
  evidence: { law: string; article_no: string }[];
}

/**
 * The 120 single-hop questions on financial statutes: laws-kr alone in a store of its own, not-yet-in-force texts included,
 * as in the measurement that it is compared with.
 */
export async function runStatutesSuite({
  embedder,
  clock,
  folder,
  signal,
}: StatutesSuiteOptions): Promise<StatutesReport> {
  const database = await EmbeddedDatabase.open(folder);
  try {
    await migrate(database);
    const { importer, retriever } = openKnowledge(database, embedder, clock);
    for await (const event of importer.import([shipped('data', 'statutes', 'laws-kr')], { signal }))
      if (event.event === 'skipped') throw new Error(`${event.file}: ${event.reason}`);
    return reportOf(await ranksOf(questions(), retriever, signal));
  } finally {
    await database.close();
  }
}

function questions(): StatuteQuestion[] {
  const path = shipped('evals', 'statutes', 'finreg-single-hop.json');
  return (JSON.parse(readFileSync(path, 'utf8')) as { queries: StatuteQuestion[] }).queries;
}

/** Ranks from 1 of the right law and article among the first ten hits; 0 where they are not among them. */
interface Ranks {
  law: number;
  article: number;
}

async function ranksOf(
  asked: readonly StatuteQuestion[],
  retriever: Retriever,
  signal?: AbortSignal,
): Promise<Ranks[]> {
  const ranks: Ranks[] = [];
  for (const { query, evidence } of asked) {
    const hits = await retriever.retrieve(query, { k: 10, asOf: 'none', signal });
    const ofLaw = (ref: { law: string } | undefined): boolean => evidence.some(({ law }) => law === ref?.law);
    ranks.push({
      law: 1 + hits.findIndex(({ ref }) => ofLaw(ref)),
      article:
        1 + hits.findIndex(({ ref }) => evidence.some((e) => e.law === ref?.law && e.article_no === ref.article)),
    });
  }
  return ranks;
}

function reportOf(ranks: readonly Ranks[]): StatutesReport {
  const law = figures(ranks.map((rank) => rank.law));
  const article = figures(ranks.map((rank) => rank.article));
  const gates = [
    gate('article.recall1', article.recall1.value, RECIPE.article.recall1),
    gate('article.recall5', article.recall5.value, RECIPE.article.recall5),
    gate('article.mrr10', article.mrr10, RECIPE.article.mrr10),
    gate('law.recall1', law.recall1.value, RECIPE.law.recall1),
    gate('law.recall5', law.recall5.value, RECIPE.law.recall5),
  ];
  return {
    suite: 'statutes',
    n: ranks.length,
    law,
    article,
    recipe: RECIPE,
    gates,
    passed: gates.every(({ passed }) => passed),
  };
}

function figures(ranks: readonly number[]): RankingFigures {
  const within = (limit: number): Interval =>
    wilson(ranks.filter((rank) => rank > 0 && rank <= limit).length, ranks.length);
  const reciprocals = ranks.reduce((sum, rank) => sum + (rank > 0 ? 1 / rank : 0), 0);
  return { recall1: within(1), recall5: within(5), mrr10: round(reciprocals / Math.max(1, ranks.length)) };
}

function gate(metric: string, value: number, recipe: number): StatutesReport['gates'][number] {
  const least = round(recipe - TOLERANCE);
  return { metric, value, least, passed: value >= least };
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
