/** What the room shows. */
export { counsellorMask, restoreTokens } from './counsellor-mask.js';
export { ConversationMasker, type MaskedMessage } from './conversation-masker.js';
export { PiiDetector } from './detector.js';
export { NamedEntities } from './named-entities.js';
export { PrivacyModule } from './privacy.module.js';
export { StreamMasker } from './stream-masker.js';
export { canonicalValue } from './pseudonyms.js';
export { Vault, type IssuedToken, type SealedToken } from './vault.js';
export { MasterKey } from './vault-keys.js';
export { isDeleted, PII_TYPES, token, type PiiFinding, type PiiType } from './types.js';
