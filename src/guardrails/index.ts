/** What the room shows. */
export { FixedTexts } from './fixed-texts.js';
export { standsVerbatim, ungroundedFacts } from './grounding.js';
export { GUARDRAILS_FOLDER, GuardrailsModule } from './guardrails.module.js';
export { InputRails, type InputVerdict, type JudgedVerdict } from './input-rails.js';
export { OutputClassifier } from './output-classifier/output-classifier.js';
export { readSentences, trainOutput } from './output-classifier/train-output.js';
export { OutputRails, type OutputContext, type OutputVerdict } from './output-rails.js';
export { PassageRails, type PassageVerdict } from './passage-rails.js';
export { PhoneRegistry, type UrgentLine } from './phones.js';
export type { PolicyCategory, PolicyFinding } from './policy.js';
export { Quarantine, type QuarantinedText } from './quarantine.js';
export { RuleSet } from './rules.js';
export { embeddedForm, SecondTier, type SecondTierAbsence } from './second-tier/second-tier.js';
export { timed, type Timed } from './timed.js';
export { YamlFile } from './yaml-file.js';
export { trainRails } from './second-tier/train-rails.js';
