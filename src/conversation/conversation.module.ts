import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.js';
import { Settings } from '../config/settings.js';
import { Database } from '../database/database.js';
import { GuardrailsModule } from '../guardrails/index.js';
import { ConversationLog } from './conversation-log.js';
import { Conversations } from './conversations.js';
import { IdentityHash } from './identity-hash.js';
import { Masking } from './masking.js';
import { ResumeTokens } from './resume-token.js';
import { TurnModule } from './turn.module.js';

/** Conversations: their log, their turns, hand-off states. */
@Module({
  imports: [TurnModule, AccountsModule, GuardrailsModule],
  providers: [
    ConversationLog,
    Conversations,
    Masking,
    {
      provide: ResumeTokens,
      // The store first: opening it carries through a restore, which brings the secret too.
      inject: [Settings, Database],
      useFactory: (settings: Settings) => new ResumeTokens(settings.secret),
    },
    {
      provide: IdentityHash,
      inject: [Settings],
      useFactory: (settings: Settings) => new IdentityHash(settings.secret),
    },
  ],
  exports: [Conversations, ConversationLog, TurnModule],
})
export class ConversationModule {}
