import { Module } from '@nestjs/common';
import { ConversationModule } from '../conversation/conversation.module.js';
import { ChatGateway } from './chat.gateway.js';
import { IdentityTokens } from './identity-tokens.js';
import { Limits } from './limits.js';

/** Customers' way in: the Socket.IO namespace /chat. */
@Module({ imports: [ConversationModule], providers: [ChatGateway, IdentityTokens, Limits] })
export class ChatModule {}
