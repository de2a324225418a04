import { PhoneRegistry } from '../guardrails/index.js';
import { Retriever } from '../knowledge/index.js';
import { AppError } from '../config/app-error.js';
import type { Command } from './command.js';
import { Fields } from './fields.js';

/** `{id,query}` → `{id,hits:[{source,kind,title,ref?,page?,text,score}]}`. */
export const retrieveCommand: Command = {
  name: 'retrieve',
  description: 'Search exemplars and documents: {id,query} → {id,hits:[{source,kind,title,ref?,page?,text,score}]}',
  options: [{ flags: '-k, --k <number>', description: 'how many hits', default: '10' }],
  reads: true,
  needs: 'application',
  async *run({ input, options, signal }, application) {
    const k = Number(options.k);
    if (!Number.isInteger(k) || k < 1 || k > 100) throw AppError.of('command.usage', { expected: '-k: 1 to 100' });
    const retriever = application!.get(Retriever, { strict: false });
    const phones = application!.get(PhoneRegistry, { strict: false });
    for await (const line of input) {
      const fields = new Fields(line);
      const hits = await retriever.retrieve(fields.text('query'), { k, signal });
      yield {
        id: fields.id,
        hits: hits.map(({ source, kind, title, ref, page, text, score, confidence }) => ({
          source,
          kind,
          title,
          ...(ref ? { ref } : {}),
          ...(page ? { page } : {}),
          text: phones.render(text),
          score,
          confidence,
        })),
      };
    }
  },
};
