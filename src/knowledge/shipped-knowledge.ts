import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shipped } from '../config/package-root.js';
import { CachingEmbedder } from '../models/caching-embedder.js';
import type { Embedder } from '../models/embedder.js';
import { VectorCache } from '../models/vector-cache.js';
import { Importer, type ImportEvent } from './importer.js';
import { KnowledgeRepository } from './knowledge-repository.js';

/** The demo bank and the statutes, relative to the package. */
export const SHIPPED_FOLDERS = [
  ['data', 'bank'],
  ['data', 'statutes'],
] as const;

/** The embedder with the vectors that ship with the product in front, where they were made by it. */
export function withShippedVectors(embedder: Embedder): Embedder {
  const folder = shipped('data', 'vectors');
  if (!existsSync(folder)) return embedder;
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.vectors'))
    .sort();
  const cache = VectorCache.open(
    files.map((name) => join(folder, name)),
    embedder.id,
  );
  return cache.size > 0 ? new CachingEmbedder(cache, embedder) : embedder;
}

/**
 * Loads the shipped knowledge into a store that has none, and after an update of the product what changed in it. Nothing
 * is done where these files were loaded before, or where the store holds only a bank's own knowledge.
 */
export class ShippedKnowledge {
  constructor(
    private readonly repository: KnowledgeRepository,
    private readonly importer: Importer,
    /** Whether the configured embedder's vectors ship too; else they are left to `VectorBuild`, for they take minutes. */
    private readonly vectorsShip: boolean,
  ) {}

  async *load(signal?: AbortSignal): AsyncGenerator<ImportEvent> {
    const loaded = await this.repository.fact('shipped');
    const present = fingerprint();
    if (loaded === present) return;
    if (loaded === undefined) {
      if ((await this.repository.version()) > 0) return;
      // Set before the work, so that a load that is killed goes on at the next start.
      await this.repository.setFact('shipped', 'loading');
    }
    const folders = SHIPPED_FOLDERS.map((parts) => shipped(...parts));
    yield* this.importer.import(folders, { prune: true, withoutVectors: !this.vectorsShip, signal });
    await this.repository.setFact('shipped', present);
  }
}

/** Over the names and the bytes of all shipped files: 10 MB, about 20 ms. */
function fingerprint(): string {
  const hash = createHash('sha256');
  for (const parts of SHIPPED_FOLDERS) {
    const folder = shipped(...parts);
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.(md|ya?ml)$/.test(name),
    );
    for (const name of names.sort())
      hash.update(`${parts.join('/')}/${name}\0`).update(readFileSync(join(folder, name)));
  }
  return hash.digest('hex');
}
