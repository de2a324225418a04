import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SystemClock } from '../config/clock.js';
import { shipped } from '../config/package-root.js';
import { absolute } from '../config/settings.js';
import { GUARDRAILS_FOLDER, PhoneRegistry, trainOutput, trainRails } from '../guardrails/index.js';
import { readKnowledge } from '../knowledge/index.js';
import { OnnxEmbedder } from '../models/onnx-embedder.js';
import { splitSentences } from '../text/sentences.js';
import type { Command } from './command.js';

/** Trains the second tier of the input rails from guardrails/lines/ (docs/second-tier.md). */
export const trainRailsCommand: Command = {
  name: 'train rails',
  description: 'Train the second tier of the input rails from labelled lines; writes the classifier and its card',
  options: [
    { flags: '--lines <folder>', description: 'labelled lines', default: join(GUARDRAILS_FOLDER, 'lines') },
    {
      flags: '--out <folder>',
      description: 'where rails.bin and card.json go',
      default: join(GUARDRAILS_FOLDER, 'classifier'),
    },
    { flags: '--misses', description: 'list the lines of the test part that are judged wrongly' },
  ],
  reads: false,
  needs: 'nothing',
  async *run({ options, signal }) {
    const embedder = await OnnxEmbedder.openShipped();
    try {
      const work = trainRails({
        linesFolder: absolute(String(options.lines)),
        outFolder: absolute(String(options.out)),
        embedder,
        now: new SystemClock().now(),
        signal,
      });
      let step = await work.next();
      for (; !step.done; step = await work.next()) yield { progress: { what: 'embedding', ...step.value } };
      const { misses, ...card } = step.value;
      yield card;
      if (options.misses === true) yield* misses;
    } finally {
      await embedder.close();
    }
  },
};

/** Trains the second opinion on generated sentences from guardrails/output-lines/ and the shipped knowledge (docs/output-rails.md). */
export const trainOutputCommand: Command = {
  name: 'train output',
  description:
    'Train the second opinion on generated sentences from labelled lines; writes the classifier and its card',
  options: [
    { flags: '--lines <folder>', description: 'labelled sentences', default: join(GUARDRAILS_FOLDER, 'output-lines') },
    {
      flags: '--out <folder>',
      description: 'the folder of the rules, whose classifier/ is written',
      default: GUARDRAILS_FOLDER,
    },
  ],
  reads: false,
  needs: 'nothing',
  async *run({ options, signal }) {
    yield {
      ...trainOutput({
        linesFolder: absolute(String(options.lines)),
        approved: await approvedSentences(signal),
        outFolder: absolute(String(options.out)),
        now: new SystemClock().now(),
        signal,
      }),
    };
  },
};

/** Sentences of the answers and sheets of the demo bank; of a sheet's lines those that are sentences. */
async function approvedSentences(signal: AbortSignal): Promise<string[]> {
  const phones = PhoneRegistry.load(GUARDRAILS_FOLDER);
  const sentences: string[] = [];
  for (const folder of [shipped('data', 'bank', 'exemplars'), shipped('data', 'bank', 'sheets')])
    for (const name of (await readdir(folder)).sort()) {
      const { exemplars, documents } = await readKnowledge(join(folder, name), { signal });
      const sections = documents.flatMap((document) => document.sections.map(({ text }) => text));
      for (const text of [...exemplars.map(({ answer }) => answer), ...sections])
        sentences.push(...splitSentences(phones.render(text.trim())).filter((sentence) => /[다요]\.$/u.test(sentence)));
    }
  return sentences;
}
