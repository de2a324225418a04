import { Module } from '@nestjs/common';
import { KnowledgeModule } from '../knowledge/index.js';
import { HealthController } from './health.controller.js';
import { Health } from './health.js';
import { ServiceLogger } from './service-logger.js';

/** What operators see: health and the log so far. */
@Module({
  imports: [KnowledgeModule],
  controllers: [HealthController],
  providers: [Health, ServiceLogger],
  exports: [Health, ServiceLogger],
})
export class OperationsModule {}
