import { createHmac, generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, importPKCS8, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IdentityTokens } from '../../src/chat/identity-tokens.js';
import { SystemClock } from '../../src/config/clock.js';
import { Settings } from '../../src/config/settings.js';
import { Database } from '../../src/database/database.js';
import { ChatClient, type OpenedReply } from '../support/chat-client.js';
import { preparedStore, STORES, type PreparedStore } from '../support/prepared-store.js';
import { startService, type RunningService } from '../support/service.js';
import { testFolder } from '../support/temp-folder.js';

const KEY = 'a-shared-secret-of-the-bank-32-characters';
const CUSTOMER = 'cust-7F3A91';

type Claims = Record<string, unknown>;
type Token = (claims?: Claims, headers?: object) => Promise<string>;

/** Tokens as the bank's server makes them: for five minutes, for us. */
function signer(key: Parameters<SignJWT['sign']>[0], alg: string): Token {
  return (claims = {}, headers = {}) => {
    const usual = { sub: CUSTOMER, aud: 'sangdam', exp: inSeconds(300) };
    return new SignJWT({ ...usual, ...claims }).setProtectedHeader({ alg, ...headers }).sign(key);
  };
}

function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}

const signed = signer(new TextEncoder().encode(KEY), 'HS256');

describe.each(STORES)('a conversation of a signed-in customer (%s store)', (kind) => {
  let store: PreparedStore;
  let service: RunningService;

  beforeAll(async () => {
    store = await preparedStore(kind);
    service = await startService({ store, environment: { SANGDAM_IDENTITY_KEY: KEY } });
  });
  afterAll(async () => {
    await service.stop();
    await store.remove();
  });

  async function open(request: object) {
    const client = await ChatClient.connect(service.url);
    const reply = await client.call<Omit<OpenedReply, 'ok'>>('conversation:open', request);
    client.close();
    return reply;
  }

  async function opened(request: object) {
    const reply = await open(request);
    if (!reply.ok) throw new Error(reply.error.code);
    return { conversationId: reply.conversationId, resumeToken: reply.resumeToken };
  }

  const FORBIDDEN = { ok: false, error: { code: 'conversation.forbidden' } };

  it('is resumed by that customer with any of their tokens', async () => {
    const mine = await opened({ identity: await signed() });
    expect(await open({ ...mine, identity: await signed({ exp: inSeconds(60) }) })).toMatchObject({ ok: true });
  });

  it('is closed to the next person at the same computer: not signed in, or signed in as another', async () => {
    const mine = await opened({ identity: await signed() });
    expect(await open(mine)).toMatchObject(FORBIDDEN);
    expect(await open({ ...mine, identity: await signed({ sub: 'cust-other' }) })).toMatchObject(FORBIDDEN);
    expect(await open({ ...mine, identity: await signed() })).toMatchObject({ ok: true });
  });

  it('that began before the sign-in becomes theirs when they sign in', async () => {
    const anonymous = await opened({});
    expect(await open({ ...anonymous, identity: await signed() })).toMatchObject({ ok: true });
    expect(await open(anonymous)).toMatchObject(FORBIDDEN);
    expect(await open({ ...anonymous, identity: await signed({ sub: 'cust-other' }) })).toMatchObject(FORBIDDEN);
  });

  it('keeps a keyed hash of the customer number, and neither the number nor the name', async () => {
    const { conversationId } = await opened({ identity: await signed({ name: '홍길동' }) });
    const [row] = await service.app
      .get(Database, { strict: false })
      .query<{ identity_hash: Uint8Array }>('SELECT * FROM conversations WHERE id = $1', [conversationId]);
    const { secret } = service.app.get(Settings, { strict: false });
    const expected = createHmac('sha256', secret).update(`identity\0${CUSTOMER}`).digest('hex');
    expect(Buffer.from(row!.identity_hash).toString('hex')).toBe(expected);
    expect(JSON.stringify(row)).not.toMatch(/7F3A91|홍길동/);
  });

  it('is not opened by an expired token, and the same socket opens it with a new one', async () => {
    const client = await ChatClient.connect(service.url);
    const stale = { identity: await signed({ exp: inSeconds(-120) }) };
    expect(await client.call('conversation:open', stale)).toMatchObject({
      ok: false,
      error: { code: 'identity.expired', field: 'identity' },
    });
    expect(await client.call('conversation:open', { identity: await signed() })).toMatchObject({ ok: true });
    client.close();
  });

  it('is not opened by a token that is none', async () => {
    for (const identity of ['', 5, 'x'.repeat(4097)])
      expect(await open({ identity })).toMatchObject({ error: { code: 'input.invalid', field: 'identity' } });
    expect(await open({ identity: 'not.a.token' })).toMatchObject({ error: { code: 'identity.invalid' } });
  });
});

describe('an identity token', () => {
  const tokens = tokensWith({ SANGDAM_IDENTITY_KEY: KEY });

  it('tells the customer number', async () => {
    await expect(tokens.customer(await signed())).resolves.toBe(CUSTOMER);
    await expect(tokens.customer(await signed({ aud: ['app', 'sangdam'] }))).resolves.toBe(CUSTOMER);
  });

  it.each<[string, Claims]>([
    ['is for another service', { aud: 'another' }],
    ['names no service', { aud: undefined }],
    ['names nobody', { sub: undefined }],
    ['names nobody by an empty number', { sub: '' }],
    ['has a number that is none', { sub: 12345 }],
    ['has a number that is too long', { sub: 'x'.repeat(201) }],
    ['never expires', { exp: undefined }],
    ['lives for more than an hour', { exp: inSeconds(2 * 3600) }],
    ['is not valid yet', { nbf: inSeconds(600) }],
  ])('is invalid when it %s', async (_, claims) => {
    await expect(tokens.customer(await signed(claims))).rejects.toMatchObject({ code: 'identity.invalid' });
  });

  it('is invalid when another key signed it, one character was changed, or nobody signed it', async () => {
    const foreign = signer(new TextEncoder().encode('another-secret-of-at-least-32-characters'), 'HS256');
    const [header, payload, signature] = (await signed()).split('.') as [string, string, string];
    const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    const forged = [
      await foreign(),
      `${header}.${encoded({ ...claims, sub: 'cust-other' })}.${signature}`,
      `${encoded({ alg: 'none' })}.${payload}.`,
      `${encoded({ alg: 'none' })}.${payload}.${signature}`,
    ];
    for (const token of forged)
      await expect(tokens.customer(token)).rejects.toMatchObject({ code: 'identity.invalid' });
  });

  it('is invalid with HS512, which the key would fit, and with a header that demands what we do not know', async () => {
    const stronger = signer(new TextEncoder().encode(KEY.repeat(2)), 'HS512');
    await expect(tokens.customer(await stronger())).rejects.toMatchObject({ code: 'identity.invalid' });
    const critical = { crit: ['exp-bank'], 'exp-bank': true };
    const token = await new SignJWT({ sub: CUSTOMER, aud: 'sangdam', exp: inSeconds(60) })
      .setProtectedHeader({ alg: 'HS256', ...critical })
      .sign(new TextEncoder().encode(KEY), { crit: { 'exp-bank': true } });
    await expect(tokens.customer(token)).rejects.toMatchObject({ code: 'identity.invalid' });
  });

  it('is refused with a code of its own where nothing is configured', async () => {
    await expect(tokensWith({}).customer(await signed())).rejects.toMatchObject({ code: 'identity.unconfigured' });
  });
});

describe('public keys of the bank', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ed = generateKeyPairSync('ed25519');
  const pem = (key: typeof rsa.publicKey): string => key.export({ type: 'spki', format: 'pem' }) as string;

  function keyFile(content: string | object): string {
    const file = join(testFolder(), 'keys');
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  }

  it.each([
    ['RS256', rsa],
    ['ES256', ec],
    ['EdDSA', ed],
    ['Ed25519', ed],
  ])('verify %s, from a PEM file whatever kid the token names', async (alg, { privateKey, publicKey }) => {
    const tokens = tokensWith({ SANGDAM_IDENTITY_JWKS: keyFile(pem(publicKey)) });
    await expect(tokens.customer(await signer(privateKey, alg)({}, { kid: '2026-11' }))).resolves.toBe(CUSTOMER);
  });

  it('are chosen by their kid from a set, so that a bank can change them', async () => {
    const old = { ...(await exportJWK(rsa.publicKey)), kid: 'old', alg: 'RS256' };
    const set = { keys: [old, { ...(await exportJWK(ec.publicKey)), kid: 'new' }] };
    const tokens = tokensWith({ SANGDAM_IDENTITY_JWKS: keyFile(set) });
    await expect(tokens.customer(await signer(rsa.privateKey, 'RS256')({}, { kid: 'old' }))).resolves.toBe(CUSTOMER);
    await expect(tokens.customer(await signer(ec.privateKey, 'ES256')({}, { kid: 'new' }))).resolves.toBe(CUSTOMER);
    for (const kid of ['old', 'unknown'])
      await expect(tokens.customer(await signer(ec.privateKey, 'ES256')({}, { kid }))).rejects.toMatchObject({
        code: 'identity.invalid',
      });
  });

  it('are never taken as a shared secret, and the other way round', async () => {
    const written = pem(rsa.publicKey);
    const confused = await signer(new TextEncoder().encode(written), 'HS256')();
    const set = { keys: [await exportJWK(rsa.publicKey)] };
    for (const content of [written, set])
      await expect(tokensWith({ SANGDAM_IDENTITY_JWKS: keyFile(content) }).customer(confused)).rejects.toMatchObject({
        code: 'identity.invalid',
      });
    const asymmetric = await signer(rsa.privateKey, 'RS256')();
    await expect(tokensWith({ SANGDAM_IDENTITY_KEY: written }).customer(asymmetric)).rejects.toMatchObject({
      code: 'identity.invalid',
    });
  });

  it('do not carry in keys that a token brings along', async () => {
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const tokens = tokensWith({ SANGDAM_IDENTITY_JWKS: keyFile(pem(rsa.publicKey)) });
    const jwk = await exportJWK(stranger.publicKey);
    await expect(tokens.customer(await signer(stranger.privateKey, 'RS256')({}, { jwk }))).rejects.toMatchObject({
      code: 'identity.invalid',
    });
  });

  it('that cannot be used stop the start with the reason', async () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const privatePem = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    const jwk = await exportJWK(rsa.publicKey);
    const cases: [string | object, RegExp][] = [
      ['not a key', /a readable JSON Web Key Set/],
      [{ keys: [] }, /at least one key/],
      [{ keys: [jwk, jwk] }, /a kid for each/],
      [{ keys: [{ kty: 'oct', k: Buffer.from(KEY).toString('base64url') }] }, /public keys only/],
      [{ keys: [await exportJWK(await importPKCS8(privatePem, 'RS256', { extractable: true }))] }, /public keys only/],
      [privatePem, /public keys only/],
      [pem(weak.publicKey), /at least 2048 bits/],
    ];
    for (const [content, reason] of cases)
      expect(() => tokensWith({ SANGDAM_IDENTITY_JWKS: keyFile(content) })).toThrow(reason);
    expect(() => tokensWith({ SANGDAM_IDENTITY_JWKS: '/nowhere/keys' })).toThrow(/SANGDAM_IDENTITY_JWKS/);
    const both = { SANGDAM_IDENTITY_KEY: KEY, SANGDAM_IDENTITY_JWKS: keyFile(pem(rsa.publicKey)) };
    expect(() => tokensWith(both)).toThrow(/either/);
  });
});

function tokensWith(environment: Record<string, string>): IdentityTokens {
  return new IdentityTokens(Settings.read('service', environment), new SystemClock());
}
