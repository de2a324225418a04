import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.js';
import { ChatModule } from '../chat/chat.module.js';
import { ConversationModule } from '../conversation/conversation.module.js';
import { GuardrailsModule } from '../guardrails/index.js';
import { KnowledgeModule } from '../knowledge/knowledge.module.js';
import { HealthController } from './health.controller.js';
import { Health } from './health.js';
import { Metrics } from './metrics.js';
import { OperationsController } from './operations.controller.js';
import { OperatorAccess } from './operator-access.js';
import { Overview } from './overview.js';
import { Recent } from './recent.js';
import { ServiceLogger } from './service-logger.js';
import { StoreFacts } from './store-facts.js';

/** What operators see and do: health, the operations page, figures for Prometheus, the log. */
@Module({
  imports: [AccountsModule, ChatModule, ConversationModule, GuardrailsModule, KnowledgeModule],
  controllers: [HealthController, OperationsController],
  providers: [Health, ServiceLogger, OperatorAccess, Recent, StoreFacts, Overview, Metrics],
  exports: [Health, ServiceLogger, OperatorAccess],
})
export class OperationsModule {}
