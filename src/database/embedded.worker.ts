import { parentPort, workerData } from 'node:worker_threads';
import { PGlite, types } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import type { EmbeddedReply, EmbeddedRequest } from './embedded-protocol.js';

/** Holds the embedded engine: PostgreSQL in WebAssembly blocks its thread while it works, so that thread is not the service's. */
const { folder } = workerData as { folder: string | null };
const engine = await PGlite.create({
  ...(folder === null ? {} : { dataDir: folder }),
  extensions: { vector },
  parsers: { [types.INT8]: (value) => value },
});

async function run(request: EmbeddedRequest): Promise<Record<string, unknown>[]> {
  if (request.op === 'close') {
    await engine.close();
    return [];
  }
  if (request.op === 'script') {
    await engine.exec(request.sql);
    return [];
  }
  const result = await engine.query<Record<string, unknown>>(request.sql, [...request.params]);
  return result.rows;
}

const port = parentPort!;
port.on('message', (request: EmbeddedRequest) => {
  void run(request).then(
    (rows) => port.postMessage({ id: request.id, rows } satisfies EmbeddedReply),
    (error: unknown) => {
      const { message, code } = error as { message: string; code?: string };
      port.postMessage({ id: request.id, error: { message, ...(code ? { code } : {}) } } satisfies EmbeddedReply);
    },
  );
});
port.postMessage({ id: 0, rows: [] } satisfies EmbeddedReply); // open
