import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite, types } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import type { EmbeddedReply, EmbeddedRequest } from './embedded-protocol.js';

/** Least and most of the engine's page cache, MB. WebAssembly has 2 GB for it, the building of an index and everything else. */
const PAGE_CACHE = { least: 128, most: 1024 };
/** An index of about 250,000 × 384 is built in it; what does not fit is added row by row, which takes ten times as long. */
const INDEX_MEMORY = '512MB';

/** Holds the embedded engine: PostgreSQL in WebAssembly blocks its thread while it works, so that thread is not the service's. */
const { folder } = workerData as { folder: string | null };
const engine = await PGlite.create({
  ...(folder === null ? {} : { dataDir: folder }),
  extensions: { vector },
  startParams: [
    ...PGlite.defaultStartParams,
    '-c',
    `shared_buffers=${pageCache()}MB`,
    '-c',
    `maintenance_work_mem=${INDEX_MEMORY}`,
  ],
  parsers: { [types.INT8]: (value) => value },
});

/**
 * As large as the store, in MB: a search in a vector index reads thousands of pages in no order, and takes 16 ms instead of 4 where
 * they are not in the cache (200,000 vectors). All of the cache is resident from the start, so a small store has a small one.
 */
function pageCache(): number {
  const stored = folder === null || !existsSync(join(folder, 'base')) ? 0 : folderSize(join(folder, 'base')) / 2 ** 20;
  return Math.min(Math.max(Math.ceil(1.1 * stored), PAGE_CACHE.least), PAGE_CACHE.most);
}

function folderSize(path: string): number {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

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
