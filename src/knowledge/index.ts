/** What the room shows. */
export { parseAsOf, type AsOf } from './as-of.js';
export type { DocumentKind, IsoDate } from './document.js';
export type { Exemplar, StatuteRef } from './exemplar.js';
export { Importer, type ImportEvent, type ImportOptions } from './importer.js';
export { Knowledge, openKnowledge } from './knowledge.js';
export { KnowledgeModule } from './knowledge.module.js';
export { KnowledgeRepository } from './knowledge-repository.js';
export { FORMATS, readKnowledge, type Format } from './readers/reading.js';
export { Retriever, type Hit, type RetrieveOptions } from './retriever.js';
export { SangdamRetriever } from './sangdam-retriever.js';
export { ShippedKnowledge } from './shipped-knowledge.js';
export { RerankStage } from './rerank-stage.js';
export { VectorBuild, type BuildProgress } from './vector-build.js';
export { VectorStore } from './vector-store.js';
export { VectorUpkeep, type UpkeepStatus } from './vector-upkeep.js';
