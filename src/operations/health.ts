import { Injectable } from '@nestjs/common';
import { VERSION } from '../config/version.js';
import { Database } from '../database/database.js';
import { ChatModel } from '../models/chat-model.js';
import { Knowledge, VectorUpkeep } from '../knowledge/index.js';
import { Embedder } from '../models/embedder.js';
import { Audit } from '../accounts/index.js';
import { SecondTier } from '../guardrails/index.js';
import type { Readiness } from './report.js';

/** What works and what does not. */
@Injectable()
export class Health {
  constructor(
    private readonly database: Database,
    private readonly embedder: Embedder,
    private readonly chatModel: ChatModel,
    private readonly knowledge: Knowledge,
    private readonly upkeep: VectorUpkeep,
    private readonly secondTier: SecondTier,
    private readonly audit: Audit,
  ) {}

  async readiness(): Promise<Readiness> {
    const store = await this.#store();
    const chatModel = this.chatModel.status();
    const retrieval = await this.#retrieval();
    const { absence } = this.secondTier;
    const complete =
      retrieval === 'hybrid' &&
      this.audit.available &&
      !absence &&
      (chatModel.state === 'ready' || chatModel.state === 'none');
    return {
      status: store === 'unavailable' ? 'unavailable' : complete ? 'ready' : 'degraded',
      store,
      retrieval,
      embedder: this.#embedder(),
      vectors: this.upkeep.status(),
      ...this.#reranker(),
      secondTier: absence ? { state: 'absent', reason: absence } : { state: 'ready', version: this.secondTier.version },
      audit: this.audit.available ? 'ready' : 'unavailable',
      chatModel,
      version: VERSION,
    };
  }

  async #retrieval(): Promise<Readiness['retrieval']> {
    try {
      return (await this.knowledge.vectors.searched()) ? 'hybrid' : 'lexical';
    } catch {
      return 'lexical';
    }
  }

  #embedder(): Readiness['embedder'] {
    const { id, available, reason = 'loading' } = this.embedder;
    return available ? { id, state: 'ready' } : { id, state: 'unavailable', reason };
  }

  #reranker(): Pick<Readiness, 'reranker'> {
    const { rerank } = this.knowledge;
    return rerank ? { reranker: { name: rerank.name, ...rerank.counts } } : {};
  }

  async #store(): Promise<Readiness['store']> {
    try {
      await this.database.query('SELECT 1 AS one');
      return this.database.kind;
    } catch {
      return 'unavailable';
    }
  }
}
