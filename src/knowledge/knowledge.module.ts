import { Module, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { Database } from '../database/database.js';
import { Embedder } from '../models/embedder.js';
import { Knowledge, openKnowledge } from './knowledge.js';
import { Importer } from './importer.js';
import { KnowledgeRepository } from './knowledge-repository.js';
import { Retriever } from './retriever.js';
import { ShippedKnowledge } from './shipped-knowledge.js';
import { VectorStore } from './vector-store.js';

/**
 * Documents, exemplars and how they are found. Needs `Database`, `Embedder` and `Clock` from global modules.
 * At start it refuses a store whose vectors another embedder made.
 */
@Module({
  providers: [
    { provide: Knowledge, useFactory: openKnowledge, inject: [Database, Embedder, Clock] },
    { provide: KnowledgeRepository, useFactory: ({ repository }: Knowledge) => repository, inject: [Knowledge] },
    { provide: VectorStore, useFactory: ({ vectors }: Knowledge) => vectors, inject: [Knowledge] },
    { provide: Importer, useFactory: ({ importer }: Knowledge) => importer, inject: [Knowledge] },
    { provide: ShippedKnowledge, useFactory: ({ shipped }: Knowledge) => shipped, inject: [Knowledge] },
    { provide: Retriever, useFactory: ({ retriever }: Knowledge) => retriever, inject: [Knowledge] },
  ],
  exports: [Knowledge, KnowledgeRepository, VectorStore, Importer, ShippedKnowledge, Retriever],
})
export class KnowledgeModule implements OnModuleInit {
  constructor(private readonly vectors: VectorStore) {}

  async onModuleInit(): Promise<void> {
    await this.vectors.claim();
  }
}
