import { AppError } from '../config/app-error.js';
import { Clock } from '../config/clock.js';
import { Database } from '../database/database.js';
import { Embedder } from '../models/embedder.js';
import { loadCalibration } from './calibration.js';
import { HybridRetriever } from './hybrid-retriever.js';
import { Importer } from './importer.js';
import { KnowledgeRepository } from './knowledge-repository.js';
import { ShippedKnowledge, withShippedVectors } from './shipped-knowledge.js';
import { VectorStore } from './vector-store.js';

/** The room's parts over one store. */
export class Knowledge {
  constructor(
    readonly repository: KnowledgeRepository,
    readonly vectors: VectorStore,
    readonly importer: Importer,
    readonly shipped: ShippedKnowledge,
    readonly retriever: HybridRetriever,
  ) {}

  /** Loads the shipped knowledge where the store has none or an older one, and reads the texts into memory. */
  async prepare(): Promise<void> {
    for await (const event of this.shipped.load())
      if (event.event === 'skipped')
        throw AppError.of(event.code, { file: event.file, line: event.line ?? 0, expected: event.reason });
    await this.retriever.warm();
  }
}

/** Puts the parts together, for the service, the commands and the suites alike. */
export function openKnowledge(database: Database, embedder: Embedder, clock: Clock): Knowledge {
  const repository = new KnowledgeRepository(database, clock);
  const cached = withShippedVectors(embedder);
  const vectors = new VectorStore(database, cached);
  const importer = new Importer(repository, vectors, cached);
  return new Knowledge(
    repository,
    vectors,
    importer,
    new ShippedKnowledge(repository, importer),
    new HybridRetriever(repository, vectors, embedder, loadCalibration(), clock),
  );
}
