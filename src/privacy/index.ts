/** What the room shows. */
export { ConversationMasker, type MaskedMessage } from './conversation-masker.js';
export { PiiDetector } from './detector.js';
export { maskText, StreamMasker } from './stream-masker.js';
export { isDeleted, PII_TYPES, token, type PiiFinding, type PiiType } from './types.js';
