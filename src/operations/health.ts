import { Injectable } from '@nestjs/common';
import { VERSION } from '../config/version.js';
import { Database } from '../database/database.js';
import { ChatModel } from '../models/chat-model.js';
import { Embedder } from '../models/embedder.js';
import type { Readiness } from './report.js';

/** What works and what does not. */
@Injectable()
export class Health {
  constructor(
    private readonly database: Database,
    private readonly embedder: Embedder,
    private readonly chatModel: ChatModel,
  ) {}

  async readiness(): Promise<Readiness> {
    const store = await this.#store();
    const chatModel = this.chatModel.status();
    const complete = this.embedder.available && (chatModel.state === 'ready' || chatModel.state === 'none');
    return {
      status: store === 'unavailable' ? 'unavailable' : complete ? 'ready' : 'degraded',
      store,
      retrieval: this.embedder.available ? 'hybrid' : 'lexical',
      chatModel,
      version: VERSION,
    };
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
