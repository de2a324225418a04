import { AppError } from '../config/app-error.js';
import { Clock } from '../config/clock.js';
import { Database } from '../database/database.js';
import type { EarlierEmbedders } from '../models/earlier-embedders.js';
import { Embedder } from '../models/embedder.js';
import { loadCalibration, type Calibration } from './calibration.js';
import { HybridRetriever } from './hybrid-retriever.js';
import { Importer } from './importer.js';
import { KnowledgeRepository } from './knowledge-repository.js';
import type { RerankStage } from './rerank-stage.js';
import { ShippedKnowledge, withShippedVectors } from './shipped-knowledge.js';
import { VectorBuild } from './vector-build.js';
import { VectorStore } from './vector-store.js';

/** The room's parts over one store. */
export class Knowledge {
  constructor(
    readonly repository: KnowledgeRepository,
    readonly vectors: VectorStore,
    readonly build: VectorBuild,
    readonly importer: Importer,
    readonly shipped: ShippedKnowledge,
    readonly retriever: HybridRetriever,
    readonly rerank: RerankStage | undefined,
  ) {}

  /** Loads the shipped knowledge where the store has none or an older one, and reads the texts into memory. */
  async prepare(): Promise<void> {
    for await (const event of this.shipped.load())
      if (event.event === 'skipped')
        throw AppError.of(event.code, { file: event.file, line: event.line ?? 0, expected: event.reason });
    await this.retriever.warm();
  }
}

export interface KnowledgeOptions {
  /** For stores that another embedder than the configured one has filled. */
  earlier?: EarlierEmbedders;
  /** The shipped one where it is not given. */
  calibration?: Calibration;
  rerank?: RerankStage | undefined;
}

/** Puts the parts together, for the service, the commands and the suites alike. */
export function openKnowledge(
  database: Database,
  embedder: Embedder,
  clock: Clock,
  { earlier, calibration = loadCalibration(), rerank }: KnowledgeOptions = {},
): Knowledge {
  const repository = new KnowledgeRepository(database, clock);
  const ofTexts = withShippedVectors(embedder);
  const vectors = new VectorStore(database, embedder, ofTexts, earlier);
  const build = new VectorBuild(database, vectors, ofTexts);
  const importer = new Importer(repository, vectors, build);
  const shipped = new ShippedKnowledge(repository, importer, ofTexts !== embedder);
  const retriever = new HybridRetriever(repository, vectors, calibration, clock, rerank);
  return new Knowledge(repository, vectors, build, importer, shipped, retriever, rerank);
}
