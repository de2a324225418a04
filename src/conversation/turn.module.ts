import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.js';
import { GuardrailsModule } from '../guardrails/index.js';
import { KnowledgeModule } from '../knowledge/knowledge.module.js';
import { PrivacyModule } from '../privacy/index.js';
import { ModelsModule } from '../models/models.module.js';
import { Release } from './release.js';
import { ServiceLevel } from './service-level.js';
import { Turn } from './turn.js';
import { Writer } from './writer.js';

/** The turn alone and the level that it works at, for commands that ask without a stored conversation. */
@Module({
  imports: [AccountsModule, GuardrailsModule, KnowledgeModule, ModelsModule, PrivacyModule],
  providers: [Turn, Writer, Release, ServiceLevel],
  exports: [Turn, Release, ServiceLevel],
})
export class TurnModule {}
