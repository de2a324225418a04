import { SystemClock } from '../config/clock.js';
import { Settings } from '../config/settings.js';
import { openDatabase } from '../database/open-database.js';
import { openKnowledge } from '../knowledge/index.js';
import { OnnxEmbedder } from '../models/onnx-embedder.js';
import type { Command } from './command.js';

/**
 * Makes the vectors of the store again with the configured embedder. Opens the store itself: a service does not start on a
 * store whose vectors another embedder made.
 */
export const reembedCommand: Command = {
  name: 'reembed',
  description: 'Make all vectors of the store again with the configured embedder; goes on where it was stopped',
  reads: false,
  needs: 'nothing',
  async *run({ signal }) {
    const database = await openDatabase(Settings.read());
    const embedder = await OnnxEmbedder.openShipped();
    try {
      let done = 0;
      for await (const progress of openKnowledge(database, embedder, new SystemClock()).vectors.reembed(signal)) {
        done = progress.done;
        yield { progress: { what: embedder.id, done, of: progress.total } };
      }
      yield { embedder: embedder.id, embedded: done };
    } finally {
      await embedder.close();
      await database.close();
    }
  },
};
