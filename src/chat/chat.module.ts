import { Module } from '@nestjs/common';
import { ConversationModule } from '../conversation/conversation.module.js';
import { TurnModule } from '../conversation/turn.module.js';
import { ApiAccess } from './api-access.js';
import { ChatGateway } from './chat.gateway.js';
import { CompletionsController } from './completions.controller.js';
import { IdentityTokens } from './identity-tokens.js';
import { Limits } from './limits.js';

/** Customers' way in, the Socket.IO namespace /chat; and that of the bank's systems, /v1/chat/completions. */
@Module({
  imports: [ConversationModule, TurnModule],
  controllers: [CompletionsController],
  providers: [ChatGateway, IdentityTokens, Limits, ApiAccess],
  exports: [Limits],
})
export class ChatModule {}
