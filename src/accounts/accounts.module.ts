import { Module, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { shipped } from '../config/package-root.js';
import { Settings } from '../config/settings.js';
import { Database } from '../database/database.js';
import { MasterKey, Vault } from '../privacy/index.js';
import { Audit } from './audit.js';
import { AuditTrail } from './audit-trail.js';
import { RecordKeeping } from './record-keeping.js';
import { readRetention, Retention } from './retention.js';
import { Reveal } from './reveal.js';

/** The audit log, and the vault of masked values with the rule who may look into it. Users and roles come with their issue. */
@Module({
  providers: [
    Audit,
    AuditTrail,
    Reveal,
    RecordKeeping,
    {
      provide: Retention,
      inject: [Database, Vault, MasterKey, Audit, Clock],
      useFactory: (database: Database, vault: Vault, master: MasterKey, audit: Audit, clock: Clock) =>
        new Retention(database, vault, master, audit, clock, readRetention(shipped('guardrails'))),
    },
    {
      provide: MasterKey,
      // The store first: opening it carries through a restore, which brings the key too.
      inject: [Settings, Database],
      useFactory: (settings: Settings) => new MasterKey(settings.masterKey),
    },
    {
      provide: Vault,
      inject: [Database, MasterKey],
      useFactory: (database: Database, master: MasterKey) => new Vault(database, master),
    },
  ],
  exports: [Audit, AuditTrail, MasterKey, Retention, RecordKeeping, Reveal, Vault],
})
export class AccountsModule implements OnModuleInit {
  constructor(private readonly vault: Vault) {}

  async onModuleInit(): Promise<void> {
    await this.vault.prove();
  }
}
