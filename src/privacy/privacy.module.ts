import { Global, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { NamedEntities } from './named-entities.js';

/** The named-entity model, where one is configured. */
@Global()
@Module({
  providers: [
    {
      provide: NamedEntities,
      inject: [Settings],
      useFactory: ({ nerModel }: Settings) => NamedEntities.open(nerModel),
    },
  ],
  exports: [NamedEntities],
})
export class PrivacyModule implements OnApplicationShutdown {
  constructor(private readonly entities: NamedEntities) {}

  onApplicationShutdown(): Promise<void> {
    return this.entities.close();
  }
}
