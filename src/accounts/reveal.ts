import { Injectable } from '@nestjs/common';
import { AppError } from '../config/app-error.js';
import { PII_TYPES, Vault } from '../privacy/index.js';
import { Audit } from './audit.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TOKEN = new RegExp(
  `^\\[(${Object.values(PII_TYPES)
    .map(({ label }) => label)
    .join('|')})#\\d{1,6}\\]$`,
);

/** Who asks to see a masked value, and why. */
export interface Reader {
  id: string;
  role: string;
  reason: string;
}

/**
 * The one way to a masked value. Nobody is entitled before there are accounts: every attempt is refused, and that is audited; the vault
 * is not even asked.
 */
@Injectable()
export class Reveal {
  constructor(
    private readonly vault: Vault,
    private readonly audit: Audit,
  ) {}

  /**
   * The value behind a token of a conversation, the audit line written first.
   * @throws AppError `vault.not-entitled`, `vault.unknown-token`, `audit.unavailable`
   */
  async value(conversation: string, token: string, reader: Reader): Promise<string> {
    // Nothing but a token and an id goes on record, whatever was asked for.
    if (!UUID.test(conversation) || !TOKEN.test(token)) throw AppError.of('vault.unknown-token', {});
    const entitled = this.#mayRead(reader);
    const detail = { reader: reader.id, role: reader.role, token };
    await this.audit.record({ stage: 'reveal', action: entitled ? 'shown' : 'refused', conversation, detail });
    if (!entitled) throw AppError.of('vault.not-entitled', {});
    return this.vault.open(conversation, token);
  }

  /** Roles come with accounts. */
  #mayRead(_reader: Reader): boolean {
    return false;
  }
}
