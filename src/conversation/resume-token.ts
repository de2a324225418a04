import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Keeps a conversation for the browser tab that opened it. Only its keyed hash is stored. */
export class ResumeTokens {
  constructor(private readonly secret: string) {}

  issue(): { token: string; hash: Uint8Array } {
    const token = randomBytes(32).toString('base64url');
    return { token, hash: this.#hash(token) };
  }

  matches(token: string, hash: Uint8Array): boolean {
    const given = this.#hash(token);
    return given.length === hash.length && timingSafeEqual(given, hash);
  }

  #hash(token: string): Buffer {
    return createHmac('sha256', this.secret).update(token).digest();
  }
}
