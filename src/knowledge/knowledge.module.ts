import { Module, type BeforeApplicationShutdown } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { Settings } from '../config/settings.js';
import { Database } from '../database/database.js';
import { EarlierEmbedders } from '../models/earlier-embedders.js';
import { Embedder } from '../models/embedder.js';
import { ModelHost } from '../models/model-host.js';
import { RemoteReranker } from '../models/remote-reranker.js';
import { loadCalibration } from './calibration.js';
import { Importer } from './importer.js';
import { KnowledgeRepository } from './knowledge-repository.js';
import { Knowledge, openKnowledge } from './knowledge.js';
import { RerankStage } from './rerank-stage.js';
import { Retriever } from './retriever.js';
import { ShippedKnowledge } from './shipped-knowledge.js';
import { VectorBuild } from './vector-build.js';
import { VectorStore } from './vector-store.js';
import { VectorUpkeep } from './vector-upkeep.js';

/**
 * Documents, exemplars and how they are found. Needs `Settings`, `Database`, `Embedder`, `EarlierEmbedders` and `Clock` from
 * global modules. The upkeep of the vectors is started by the service alone.
 */
@Module({
  providers: [
    {
      provide: Knowledge,
      inject: [Database, Embedder, Clock, EarlierEmbedders, Settings],
      useFactory: (
        database: Database,
        embedder: Embedder,
        clock: Clock,
        earlier: EarlierEmbedders,
        settings: Settings,
      ) =>
        openKnowledge(database, embedder, clock, {
          earlier,
          calibration: loadCalibration(settings.calibrationFile),
          rerank: rerankStage(settings, clock),
        }),
    },
    { provide: KnowledgeRepository, useFactory: ({ repository }: Knowledge) => repository, inject: [Knowledge] },
    { provide: VectorStore, useFactory: ({ vectors }: Knowledge) => vectors, inject: [Knowledge] },
    { provide: VectorBuild, useFactory: ({ build }: Knowledge) => build, inject: [Knowledge] },
    { provide: VectorUpkeep, useFactory: ({ build }: Knowledge) => new VectorUpkeep(build), inject: [Knowledge] },
    { provide: Importer, useFactory: ({ importer }: Knowledge) => importer, inject: [Knowledge] },
    { provide: ShippedKnowledge, useFactory: ({ shipped }: Knowledge) => shipped, inject: [Knowledge] },
    { provide: Retriever, useFactory: ({ retriever }: Knowledge) => retriever, inject: [Knowledge] },
  ],
  exports: [
    Knowledge,
    KnowledgeRepository,
    VectorStore,
    VectorBuild,
    VectorUpkeep,
    Importer,
    ShippedKnowledge,
    Retriever,
  ],
})
export class KnowledgeModule implements BeforeApplicationShutdown {
  constructor(private readonly upkeep: VectorUpkeep) {}

  async beforeApplicationShutdown(): Promise<void> {
    await this.upkeep.close();
  }
}

function rerankStage({ remoteRerank }: Settings, clock: Clock): RerankStage | undefined {
  if (!remoteRerank) return undefined;
  const reranker = new RemoteReranker(new ModelHost(remoteRerank), remoteRerank.model);
  return new RerankStage(reranker, remoteRerank.timeout, clock);
}
