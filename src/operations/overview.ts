import { Injectable } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { PROMPTS_VERSION } from '../conversation/prompts-version.js';
import { text, type Locale } from '../config/texts.js';
import { VERSION } from '../config/version.js';
import { Limits } from '../chat/limits.js';
import { Conversations } from '../conversation/conversations.js';
import { ServiceLevel, type LevelChange } from '../conversation/service-level.js';
import { RuleSet } from '../guardrails/index.js';
import { KnowledgeRepository } from '../knowledge/index.js';
import { ModelStore } from '../models/model-store.js';
import { Health } from './health.js';
import { Recent } from './recent.js';
import type { OpenConversations, OperationsReport } from './report.js';
import { StoreFacts } from './store-facts.js';

const SHOWN_CHANGES = 10;

/** How the service is, for the operations page. */
@Injectable()
export class Overview {
  constructor(
    private readonly health: Health,
    private readonly level: ServiceLevel,
    private readonly conversations: Conversations,
    private readonly limits: Limits,
    private readonly recent: Recent,
    private readonly store: StoreFacts,
    private readonly knowledge: KnowledgeRepository,
    private readonly rules: RuleSet,
    private readonly models: ModelStore,
    private readonly clock: Clock,
  ) {}

  async report(locale: Locale): Promise<Omit<OperationsReport, 'signedIn'>> {
    const health = await this.health.readiness();
    const stored = health.store === 'unavailable' ? {} : await this.#stored().catch(() => ({}));
    const { knowledge, migration, ...facts }: Partial<Stored> = stored;
    const { model, reason } = health.chatModel;
    const modelSha256 = this.models.list.find(model)?.sha256;
    return {
      at: this.clock.now().toISOString(),
      uptime: Math.round(process.uptime()),
      level: this.level.current,
      health,
      ...(reason === undefined ? {} : { chatModelReason: text(`model.reason.${reason}`, {}, locale) }),
      turns: this.conversations.load,
      sockets: this.limits.connections,
      ...facts,
      recent: { turns: this.recent.turns(), errors: this.recent.errors() },
      versions: {
        product: VERSION,
        node: process.version,
        rules: this.rules.version,
        prompts: PROMPTS_VERSION,
        ...(modelSha256 === undefined ? {} : { modelSha256 }),
        ...(knowledge === undefined ? {} : { knowledge }),
        ...(migration === undefined ? {} : { migration }),
      },
    };
  }

  async #stored(): Promise<Stored> {
    const [levelChanges, conversations, storeBytes, knowledge, migration] = await Promise.all([
      this.level.history(SHOWN_CHANGES),
      this.store.openConversations(),
      this.store.bytes(),
      this.knowledge.version(),
      this.store.migration(),
    ]);
    return { levelChanges, conversations, storeBytes, knowledge, migration };
  }
}

interface Stored {
  levelChanges: LevelChange[];
  conversations: OpenConversations;
  storeBytes: number;
  knowledge: number;
  migration: string;
}
