import { Injectable } from '@nestjs/common';
import { AppError } from '../config/app-error.js';
import { Vault } from '../privacy/index.js';
import { Audit } from './audit.js';

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
