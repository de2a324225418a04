import { readFileSync } from 'node:fs';
import { askOnce, type AskResult } from '../conversation/ask-once.js';
import type { Turn } from '../conversation/turn.js';
import type { Clock } from '../config/clock.js';
import { shipped } from '../config/package-root.js';
import type { ChatModel } from '../models/chat-model.js';

export interface AnsweredQuestion {
  id: string;
  question: string;
  finish: AskResult['finish'];
  /** Whether the model wrote at least one released sentence. */
  written: boolean;
  /** Whether the article that answers the question is among the cited sources. */
  rightSource: boolean;
  answer: string;
  sentences: AskResult['sentences'];
  timings: AskResult['timings'];
}

export interface AnswersReport {
  suite: 'answers';
  model: string;
  n: number;
  written: number;
  rightSource: number;
  /** Milliseconds, median. */
  firstSentence: number;
  lastSentence: number;
  questions: AnsweredQuestion[];
  passed: boolean;
}

/**
 * The chat model on the way that customers take: questions whose answer stands in a statute, so that no exemplar is given whole.
 * Passed when the model was there and wrote, and every question got an answer; how many are right is printed and read by people
 * (n is far too small for a gate on it).
 */
export async function runAnswersSuite(
  parts: { turn: Turn; chatModel: ChatModel; clock: Clock },
  limit: number,
  signal: AbortSignal,
): Promise<AnswersReport> {
  const questions: AnsweredQuestion[] = [];
  for (const asked of dataset().slice(0, limit)) {
    const result = await askOnce(parts.turn, parts.clock, [{ role: 'user', content: asked.question }], 'ko', signal);
    questions.push({
      id: asked.id,
      question: asked.question,
      finish: result.finish,
      written: result.finish === 'answered',
      rightSource: result.sentences.some(({ sources }) =>
        sources.some(({ ref }) => asked.gold.some(({ law, article }) => law === ref?.law && article === ref.article)),
      ),
      answer: result.answer,
      sentences: result.sentences,
      timings: result.timings,
    });
  }
  const status = parts.chatModel.status();
  const written = questions.filter((question) => question.written).length;
  return {
    suite: 'answers',
    model: status.model,
    n: questions.length,
    written,
    rightSource: questions.filter((question) => question.rightSource).length,
    firstSentence: median(questions.flatMap(({ timings }) => timings.first ?? [])),
    lastSentence: median(questions.map(({ timings }) => timings.total)),
    questions,
    passed: status.state === 'ready' && written > 0 && questions.every(({ answer }) => answer !== ''),
  };
}

/** Every sixth of the 120 questions. */
function dataset(): { id: string; question: string; gold: { law: string; article: string }[] }[] {
  const path = shipped('evals', 'statutes', 'finreg-single-hop.json');
  const { queries } = JSON.parse(readFileSync(path, 'utf8')) as {
    queries: { qid: string; query: string; evidence: { law: string; article_no: string }[] }[];
  };
  return queries
    .filter((_, at) => at % 6 === 0)
    .map(({ qid, query, evidence }) => ({
      id: qid,
      question: query,
      gold: evidence.map(({ law, article_no }) => ({ law, article: article_no })),
    }));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
