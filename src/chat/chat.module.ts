import { Module } from '@nestjs/common';
import { ConversationModule } from '../conversation/conversation.module.js';
import { ChatGateway } from './chat.gateway.js';
import { Limits } from './limits.js';

/** Customers' way in: the Socket.IO namespace /chat. */
@Module({ imports: [ConversationModule], providers: [ChatGateway, Limits] })
export class ChatModule {}
