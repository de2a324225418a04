import { join } from 'node:path';
import { SystemClock } from '../config/clock.js';
import { absolute } from '../config/settings.js';
import { GUARDRAILS_FOLDER, trainRails } from '../guardrails/index.js';
import { OnnxEmbedder } from '../models/onnx-embedder.js';
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
