import { VectorBuild } from '../knowledge/index.js';
import { Embedder } from '../models/embedder.js';
import type { Command } from './command.js';

/**
 * Makes the vectors that the configured embedder has not made yet, and lets them be searched when they are complete. A service
 * does the same by itself; this tells how far it is.
 */
export const reembedCommand: Command = {
  name: 'reembed',
  description: 'Make the missing vectors of the store with the configured embedder; goes on where it was stopped',
  reads: false,
  pipesProgress: true,
  needs: 'application',
  async *run({ signal }, application) {
    const { id } = application!.get(Embedder, { strict: false });
    let first: number | undefined;
    let done = 0;
    for await (const progress of application!.get(VectorBuild, { strict: false }).run(signal)) {
      done = progress.done;
      first ??= done;
      yield { progress: { what: id, done, of: progress.total } };
    }
    yield { embedder: id, embedded: done - (first ?? 0) };
  },
};
