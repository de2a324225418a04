import { Module } from '@nestjs/common';
import { GuardrailsModule } from '../guardrails/index.js';
import { KnowledgeModule } from '../knowledge/knowledge.module.js';
import { ModelsModule } from '../models/models.module.js';
import { Release } from './release.js';
import { Turn } from './turn.js';

/** The turn alone, for commands that ask without a stored conversation. */
@Module({
  imports: [GuardrailsModule, KnowledgeModule, ModelsModule],
  providers: [Turn, Release],
  exports: [Turn, Release],
})
export class TurnModule {}
