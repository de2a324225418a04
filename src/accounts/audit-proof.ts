import type { MasterKey } from '../privacy/index.js';
import { checkpointText, hashOf, NO_HASH, type AuditLine } from './audit-line.js';

/** A fault of the log: where, and what is wrong. */
export interface AuditFault {
  chain: string;
  seq: number;
  fault: 'changed' | 'missing' | 'reordered' | 'cut' | 'unreadable';
}

/** A line as it is stored. */
export interface AuditRow {
  chain: string;
  seq: number;
  at: Date;
  conversation_id: string | null;
  line: string;
  previous: Uint8Array;
  hash: Uint8Array;
}

export const ROW_COLUMNS = 'chain, seq, at, conversation_id, line, previous, hash';

/**
 * What is wrong with a line, given the one before it in its chain.
 * @param named its hash in hex as another chain's anchor has it
 */
export function faultsOf(
  row: AuditRow,
  before: Pick<AuditRow, 'seq' | 'hash'> | undefined,
  master: MasterKey,
  named?: string,
): AuditFault[] {
  const { chain, seq } = row;
  const line = parsedLine(row.line);
  const checkpoint = line?.stage === 'checkpoint' ? line : undefined;
  const expected = before ? before.seq + 1 : checkpoint ? seq : 0;
  const faults: AuditFault[] = seq > expected ? [{ chain, seq: expected, fault: 'missing' }] : [];
  if (!line) return [...faults, { chain, seq, fault: 'unreadable' }];
  if (line.chain !== chain || line.seq !== seq) return [...faults, { chain, seq, fault: 'reordered' }];
  const hash = Buffer.from(row.hash);
  const sound = checkpoint
    ? checkpoint.hash === hash.toString('hex') && master.vouchesFor(checkpointText(checkpoint), checkpoint.signature)
    : hashOf(row.previous, row.line).equals(hash);
  const linked = checkpoint !== undefined || seq !== expected || hashBefore(before).equals(row.previous);
  const isNamed = named === undefined || named === hash.toString('hex');
  if (!sound || !linked || !isNamed || !columnsAgree(row, line)) faults.push({ chain, seq, fault: 'changed' });
  return faults;
}

/** Undefined where it is no line. */
export function parsedLine(line: string): AuditLine | undefined {
  try {
    return (JSON.parse(line) as AuditLine | null) ?? undefined;
  } catch {
    return undefined;
  }
}

/** What the log is searched by, and the retention goes by, says what was hashed. */
function columnsAgree({ at, conversation_id: conversation }: AuditRow, line: AuditLine): boolean {
  const said = 'conversation' in line ? line.conversation : undefined;
  return line.at === at.toISOString() && (conversation ?? undefined) === said;
}

function hashBefore(before: Pick<AuditRow, 'hash'> | undefined): Buffer {
  return before ? Buffer.from(before.hash) : NO_HASH;
}
