/** What the room shows. */
export { AccountsModule } from './accounts.module.js';
export { Audit } from './audit.js';
export { canonicalJson, checkpointText, type AuditEntry, type AuditLine, type Checkpoint } from './audit-line.js';
export { AuditTrail } from './audit-trail.js';
export { RecordKeeping } from './record-keeping.js';
export { readRetention, RECORD_CLASSES, Retention, type RetentionResult, type RetentionTerm } from './retention.js';
export { Reveal, type Reader } from './reveal.js';
