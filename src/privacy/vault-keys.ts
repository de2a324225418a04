import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { PiiType } from './types.js';

/** Bytes of a key, a nonce and a tag of AES-256-GCM. */
const KEY = 32;
const NONCE = 12;
const TAG = 16;

/**
 * The master key's work: it wraps the data keys of conversations and derives the keys of the audit log's fingerprints. It encrypts no
 * value itself and is never stored in the database.
 */
export class MasterKey {
  /** Names the key without telling anything about it. */
  readonly id: string;

  /** @param key 32 bytes */
  constructor(private readonly key: Uint8Array) {
    if (key.length !== KEY) throw new RangeError(`a master key has ${KEY} bytes`);
    this.id = this.#derive('id').toString('hex').slice(0, 16);
  }

  /** A new data key. */
  static dataKey(): Buffer {
    return randomBytes(KEY);
  }

  wrap(dataKey: Buffer, conversation: string): Buffer {
    return encrypt(this.#derive('wrap'), dataKey, conversation);
  }

  /** @throws Error where another master key wrapped it, or the row is another conversation's. */
  unwrap(wrapped: Uint8Array, conversation: string): Buffer {
    return decrypt(this.#derive('wrap'), wrapped, conversation);
  }

  /**
   * HMAC-SHA-256 of a value's canonical characters, cut to 128 bits, hex: the same number in two conversations can be found in the
   * audit log by whoever knows the number and has the key, and by nobody else. The key differs by type.
   */
  fingerprint(type: PiiType, canonical: string): string {
    return createHmac('sha256', this.#derive(`fingerprint ${type}`))
      .update(canonical)
      .digest('hex')
      .slice(0, 32);
  }

  /** HMAC-SHA-256 of what the service itself vouches for, hex. */
  sign(text: string): string {
    return createHmac('sha256', this.#derive('sign')).update(text).digest('hex');
  }

  vouchesFor(text: string, signature: string): boolean {
    const [right, given] = [Buffer.from(this.sign(text), 'hex'), Buffer.from(signature, 'hex')];
    return right.length === given.length && timingSafeEqual(right, given);
  }

  #derive(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.key, '', `sangdam ${purpose}`, KEY));
  }
}

/** A value under its conversation's data key, bound to conversation, type and token. */
export function sealValue(dataKey: Buffer, value: string, place: ValuePlace): Buffer {
  return encrypt(dataKey, Buffer.from(value, 'utf8'), associated(place));
}

/** @throws Error where key, conversation, type or token are not those it was sealed with, or a bit has changed. */
export function openValue(dataKey: Buffer, sealed: Uint8Array, place: ValuePlace): string {
  return decrypt(dataKey, sealed, associated(place)).toString('utf8');
}

export interface ValuePlace {
  conversation: string;
  type: PiiType;
  token: string;
}

function associated({ conversation, type, token }: ValuePlace): string {
  return [conversation, type, token].join('\0');
}

function encrypt(key: Buffer, plain: Uint8Array, about: string): Buffer {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(about, 'utf8'));
  const secret = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), secret]);
}

function decrypt(key: Buffer, bytes: Uint8Array, about: string): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE), { authTagLength: TAG });
  decipher.setAAD(Buffer.from(about, 'utf8'));
  decipher.setAuthTag(bytes.subarray(NONCE, NONCE + TAG));
  return Buffer.concat([decipher.update(bytes.subarray(NONCE + TAG)), decipher.final()]);
}
