import { Module } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { shipped } from '../config/package-root.js';
import { Database } from '../database/database.js';
import { EarlierEmbedders } from '../models/earlier-embedders.js';
import { Embedder } from '../models/embedder.js';
import { FixedTexts } from './fixed-texts.js';
import { InputRails } from './input-rails.js';
import { OutputClassifier } from './output-classifier/output-classifier.js';
import { OutputRails } from './output-rails.js';
import { PassageRails } from './passage-rails.js';
import { PhoneRegistry } from './phones.js';
import { Quarantine } from './quarantine.js';
import { RuleSet } from './rules.js';
import { SecondTier } from './second-tier/second-tier.js';

/** The folder of the rules that ship with the product. */
export const GUARDRAILS_FOLDER = shipped('guardrails');

/** Rules on what comes in, what is retrieved and what goes out. All of guardrails/ is read and checked at start. */
@Module({
  providers: [
    { provide: RuleSet, useFactory: () => RuleSet.load(GUARDRAILS_FOLDER) },
    { provide: PhoneRegistry, useFactory: () => PhoneRegistry.load(GUARDRAILS_FOLDER) },
    {
      provide: FixedTexts,
      inject: [PhoneRegistry],
      useFactory: (phones: PhoneRegistry) => FixedTexts.load(GUARDRAILS_FOLDER, phones),
    },
    {
      provide: SecondTier,
      inject: [Embedder, EarlierEmbedders],
      useFactory: (embedder: Embedder, earlier: EarlierEmbedders) =>
        SecondTier.load(GUARDRAILS_FOLDER, embedder, earlier),
    },
    {
      provide: InputRails,
      inject: [RuleSet, SecondTier],
      useFactory: (rules: RuleSet, secondTier: SecondTier) => new InputRails(rules, secondTier),
    },
    { provide: PassageRails, inject: [RuleSet], useFactory: (rules: RuleSet) => new PassageRails(rules) },
    {
      provide: Quarantine,
      inject: [PassageRails, Database, Clock],
      useFactory: (rails: PassageRails, database: Database, clock: Clock) => new Quarantine(rails, database, clock),
    },
    {
      provide: OutputRails,
      inject: [RuleSet, PhoneRegistry],
      useFactory: (rules: RuleSet, phones: PhoneRegistry) =>
        new OutputRails(rules, phones, OutputClassifier.load(GUARDRAILS_FOLDER)),
    },
  ],
  exports: [RuleSet, PhoneRegistry, FixedTexts, SecondTier, InputRails, PassageRails, Quarantine, OutputRails],
})
export class GuardrailsModule {}
