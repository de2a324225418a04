import { Injectable } from '@nestjs/common';
import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createLocalJWKSet, errors, jwtVerify, type JSONWebKeySet, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { AppError } from '../config/app-error.js';
import { Clock } from '../config/clock.js';
import { Settings } from '../config/settings.js';

const AUDIENCE = 'sangdam';
/** How long a token may be good for at most, seconds. */
const LONGEST_LIFE = 60 * 60;
/** By how much the bank's clock may differ from ours, seconds. */
const CLOCK_TOLERANCE = 30;
const LONGEST_CUSTOMER_NUMBER = 200;
/** RFC 7518 section 3.3. */
const SHORTEST_RSA_KEY = 2048;

/** With what tokens are verified. The algorithms belong to the kind of key, so that a public key is never taken as a shared secret. */
interface Verification {
  key: Uint8Array | KeyObject | JWTVerifyGetKey;
  algorithms: string[];
}

const SYMMETRIC = ['HS256'];
const ASYMMETRIC = ['RS256', 'ES256', 'EdDSA', 'Ed25519'];

/** JWTs by which the bank's server says which customer is signed in. Nothing is fetched: the key is in the configuration. */
@Injectable()
export class IdentityTokens {
  readonly #verification: Verification | undefined;

  /** @throws AppError `config.invalid` where the file of keys cannot be used. */
  constructor(
    settings: Settings,
    private readonly clock: Clock,
  ) {
    const { identityKey, identityKeyFile } = settings;
    if (identityKey !== undefined)
      this.#verification = { key: new TextEncoder().encode(identityKey), algorithms: SYMMETRIC };
    if (identityKeyFile !== undefined)
      this.#verification = { key: publicKeys(identityKeyFile), algorithms: ASYMMETRIC };
  }

  /**
   * The bank's number of the customer.
   * @throws AppError `identity.unconfigured`; `identity.expired`; `identity.invalid` for everything else that is wrong with it.
   */
  async customer(token: string): Promise<string> {
    if (!this.#verification) throw AppError.of('identity.unconfigured', { field: 'identity' });
    const { sub, exp } = await this.#verified(token, this.#verification);
    const left = exp! - this.clock.now().getTime() / 1000;
    const acceptable = typeof sub === 'string' && sub !== '' && sub.length <= LONGEST_CUSTOMER_NUMBER;
    if (!acceptable || left > LONGEST_LIFE + CLOCK_TOLERANCE)
      throw AppError.of('identity.invalid', { field: 'identity' });
    return sub;
  }

  async #verified(token: string, { key, algorithms }: Verification): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms,
        audience: AUDIENCE,
        requiredClaims: ['sub', 'exp'],
        clockTolerance: CLOCK_TOLERANCE,
        currentDate: this.clock.now(),
      });
      return payload;
    } catch (error) {
      const code = error instanceof errors.JWTExpired ? 'identity.expired' : 'identity.invalid';
      throw AppError.of(code, { field: 'identity' }, { cause: error });
    }
  }
}

/** Public keys of a PEM file (one key or certificate) or of a JSON Web Key Set (several, by their `kid`). */
function publicKeys(file: string): KeyObject | JWTVerifyGetKey {
  const refuse = (expected: string, cause?: unknown): AppError =>
    AppError.of('config.invalid', { variable: 'SANGDAM_IDENTITY_JWKS', value: file, expected }, { cause });
  try {
    const content = readFileSync(file, 'utf8');
    if (content.includes('PRIVATE KEY')) throw refuse('public keys only');
    if (content.includes('-----BEGIN')) return strongEnough(createPublicKey(content), refuse);
    const set = JSON.parse(content) as JSONWebKeySet;
    if (set.keys.length === 0) throw refuse('at least one key');
    for (const jwk of set.keys) {
      if (jwk.kty === 'oct' || 'd' in jwk) throw refuse('public keys only');
      if (jwk.kid === undefined && set.keys.length > 1) throw refuse('a kid for each of several keys');
      strongEnough(createPublicKey({ key: { ...jwk }, format: 'jwk' }), refuse);
    }
    return createLocalJWKSet(set);
  } catch (error) {
    throw error instanceof AppError ? error : refuse('a readable JSON Web Key Set or PEM public key', error);
  }
}

function strongEnough(key: KeyObject, refuse: (expected: string) => AppError): KeyObject {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'rsa':
      if (modulusLength! >= SHORTEST_RSA_KEY) return key;
      break;
    case 'ec':
      if (namedCurve === 'prime256v1') return key;
      break;
    case 'ed25519':
      return key;
  }
  throw refuse(`RSA keys of at least ${SHORTEST_RSA_KEY} bits, P-256 or Ed25519`);
}
