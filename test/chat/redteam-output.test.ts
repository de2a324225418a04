import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { compact, generations, type Generation } from '../../evals/redteam-output/generations.js';
import { shipped } from '../../src/config/package-root.js';
import { ANSWER_INSTRUCTIONS } from '../../src/conversation/answer-prompt.js';
import { GUARDRAILS_FOLDER, PhoneRegistry } from '../../src/guardrails/index.js';
import { seeded } from '../../src/guardrails/second-tier/training.js';
import { Retriever, type Hit } from '../../src/knowledge/index.js';
import { extractFacts } from '../../src/text/facts.js';
import { splitSentences } from '../../src/text/sentences.js';
import { ChatClient } from '../support/chat-client.js';
import { preparedStore, type PreparedStore } from '../support/prepared-store.js';
import { startService, type RunningService } from '../support/service.js';

// The figure over 5,000 is that of evals/redteam-output/run.mjs; here a sample keeps it from falling unnoticed.
const COUNT = 220;
const ASKED = /알려 주세요 ([a-z]{4})/;

let store: PreparedStore;
let service: RunningService;
let planted: Generation[];

beforeAll(async () => {
  planted = generations(parts(), COUNT, seeded(11));
  const byTag = new Map(planted.map((each) => [each.tag, each]));
  const generationIn = (text: string): Generation | undefined => byTag.get(ASKED.exec(text)?.[1] ?? '');
  class PlantedSources extends Retriever {
    override async retrieve(query: string): Promise<Hit[]> {
      const found = { kind: 'passage' as const, title: '안내', score: 1, cosine: 1, lexical: 1, confidence: 0.6 };
      const sources = generationIn(query)?.sources ?? [];
      return sources.map((text, at) => ({ ...found, source: `passage:planted@1#${at + 1}`, text }));
    }
  }
  store = await preparedStore('embedded');
  service = await startService({
    store,
    capability: 'write',
    script: ({ messages }) => ({
      chunks: generationIn(messages.map(({ content }) => content).join('\n'))?.chunks ?? [],
    }),
    replace: [{ token: Retriever, by: new PlantedSources() }],
  });
});
afterAll(async () => {
  await service.stop();
  await store.remove();
});

it('of answers with something wrong planted, nothing of it reaches the socket', async () => {
  const arrived: string[] = [];
  let answered = 0;
  const queue = planted.values();
  const customer = async (): Promise<void> => {
    const client = await ChatClient.open(service.url);
    for (const { tag, kind, planted: wrong, needles } of queue) {
      const events = await client.ask(`수수료와 기간을 알려 주세요 ${tag}`);
      const said = events.flatMap((event) => (event.type === 'answer.sentence' ? [event.data.text] : []));
      if (said.length > 0) answered++;
      const read = compact(said.join(' '));
      if (needles.some((needle) => read.includes(needle))) arrived.push(`${kind}: ${wrong}`);
    }
    client.close();
  };
  await Promise.all(Array.from({ length: 4 }, customer));
  expect(arrived).toEqual([]);
  // Not by saying nothing: what is right in those answers goes out.
  expect(answered).toBeGreaterThan(COUNT / 2);
}, 120_000);

function parts(): Parameters<typeof generations>[0] {
  const folder = shipped('data', 'bank', 'exemplars');
  const phones = PhoneRegistry.load(GUARDRAILS_FOLDER);
  const exemplars = readdirSync(folder)
    .flatMap(
      (name) => parse(readFileSync(join(folder, name), 'utf8')) as { id: string; question: string; answer: string }[],
    )
    .map(({ id, question, answer }) => ({ id, question, text: phones.render(answer) }));
  const lines = readFileSync(join(GUARDRAILS_FOLDER, 'output-lines', 'sentences.jsonl'), 'utf8')
    .trim()
    .split('\n');
  const badSentences = lines
    .map((line) => JSON.parse(line) as { text: string; category: string; label: number })
    .filter(({ label }) => label === 1);
  return { exemplars, extractFacts, splitSentences, instructions: ANSWER_INSTRUCTIONS, badSentences };
}
