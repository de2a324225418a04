import { getMetadataStorage } from 'class-validator';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/config/app-error.js';
import { Environment, readEnvironment } from '../../src/config/environment.js';
import { packageRoot, shipped } from '../../src/config/package-root.js';
import { Settings } from '../../src/config/settings.js';
import { testFolder } from '../support/temp-folder.js';

const MASTER_KEY = '6b1f0c9d'.repeat(8);
const SECRET = '9f3kQm2Zx7Lw8Vt1Yb6Rn4Hc5Jd0Pg==';
const document = readFileSync(shipped('docs', 'configuration.md'), 'utf8');

describe('the table of docs/configuration.md', () => {
  const rows = new Map(
    [...document.matchAll(/^\| `([A-Z_]+)` \| (.+?) \| (.+?) \| (.+) \|$/gm)].map(([, name, written, accepted]) => [
      name!,
      { written: written!, accepted: accepted! },
    ]),
  );
  const rules = getMetadataStorage().getTargetValidationMetadatas(Environment, '', false, false);
  const names = new Set(rules.map((rule) => rule.propertyName));

  it('has a row for each variable that the program accepts, and no other', () => {
    expect([...rows.keys()].toSorted()).toEqual([...names].toSorted());
  });

  it('has the defaults of the program', () => {
    const defaults = readEnvironment({});
    for (const [name, { written }] of rows)
      expect(`${name} ${written}`).toBe(`${name} ${writeDefault(defaults[name as keyof Environment])}`);
  });

  it('names the limits and the choices', () => {
    for (const { name = '', propertyName, constraints = [] } of rules) {
      const accepted = rows.get(propertyName)?.accepted;
      if (name === 'isIn') for (const choice of constraints[0] as string[]) expect(accepted).toContain(`\`${choice}\``);
      if (['min', 'max'].includes(name) || (name === 'minLength' && constraints[0] > 1))
        expect(`${propertyName}: ${accepted}`).toMatch(new RegExp(`\\b${constraints[0]}\\b`));
    }
  });

  it('and the text below it name every variable that any source file reads', () => {
    const sources = readdirSync(shipped('src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    );
    for (const file of sources)
      for (const [, name] of readFileSync(shipped('src', file), 'utf8').matchAll(/process\.env\.(\w+)/g))
        expect(`${file} reads ${name}: ${document.includes(`\`${name}\``)}`).toBe(`${file} reads ${name}: true`);
  });
});

/** As the table writes a default on every machine. */
function writeDefault(value: Environment[keyof Environment]): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return '—';
  if (typeof value === 'boolean') return value ? '`1`' : '`0`';
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return `\`${String(value).replace(packageRoot, '<program>').replace(cache, '<cache>')}\``;
}

describe('reading the environment', () => {
  it('turns text into typed values', () => {
    const environment = readEnvironment({
      PORT: '9000',
      SANGDAM_PROXY: 'true',
      SANGDAM_ORIGINS: ' https://www.bank.example , http://localhost:3000,',
      LOG_LEVEL: 'debug',
      PATH: '/usr/bin',
    });
    expect(environment).toMatchObject({
      PORT: 9000,
      SANGDAM_PROXY: true,
      SANGDAM_ORIGINS: ['https://www.bank.example', 'http://localhost:3000'],
      LOG_LEVEL: 'debug',
    });
    expect(environment).not.toHaveProperty('PATH');
  });

  it('takes an empty variable as one that is not set', () => {
    expect(readEnvironment({ PORT: '', DATABASE_URL: '', SANGDAM_SECRET: '' })).toEqual(readEnvironment({}));
  });

  it.each([
    ['NODE_ENV', 'prod', /production/],
    ['PORT', '80a', /integer/],
    ['PORT', '65536', /65535/],
    ['PORT', '-1', /0/],
    ['HOST', 'my host', /a host name or an address/],
    ['SANGDAM_PROXY', 'yes', /1 or 0/],
    ['SANGDAM_CHAT_CAPABILITY', 'talk', /select, write/],
    ['SANGDAM_ORIGINS', 'https://www.bank.example,*', /comma-separated list of origins/],
    ['SANGDAM_MODEL_URLS', 'ftp://files.bank.example', /comma-separated list of URLs/],
    ['SANGDAM_CONNECTIONS_PER_ADDRESS', '0', /1/],
    ['SANGDAM_MESSAGES_PER_MINUTE', '1.5', /integer/],
    ['SANGDAM_CHAT_CONNECT_MS', '50', /100/],
    ['SANGDAM_CHAT_FIRST_TOKEN_MS', '1s', /integer/],
    ['SANGDAM_CHAT_NEXT_TOKEN_MS', '900000', /240000/],
    ['LOG_LEVEL', 'verbose', /trace, debug, info/],
  ])('refuses %s=%s, and names the variable, the value and what is expected', (variable, value, expected) => {
    const error = refusal({ [variable]: value });
    expect(error).toMatchObject({ code: 'config.invalid', params: { variable, value } });
    expect(error.params.expected).toMatch(expected);
    expect(error.message).toContain(variable);
    expect(error.message).toContain(value);
  });

  it.each([
    ['SANGDAM_SECRET', 'short-secret'],
    ['SANGDAM_OPERATOR_TOKEN', 'short-token'],
    ['DATABASE_URL', 'mysql://root:hunter2@db/bank'],
    ['SANGDAM_CHAT_URLS', 'http://admin:hunter2@gpu1:8080/v1'],
    ['SANGDAM_CHAT_API_KEY', 'two words'],
  ])('does not show the value of %s when it refuses it', (variable, value) => {
    const error = refusal({ [variable]: value });
    expect(error.params.variable).toBe(variable);
    expect(`${error.message} ${JSON.stringify(error.params)}`).not.toContain(value);
  });
});

describe('a chat model on other machines', () => {
  const SANGDAM_CHAT_URLS = 'http://gpu1:8080/v1/, https://gpu_2.bank.internal/llm/v1';

  it('is a list of servers, with times in milliseconds', () => {
    const settings = Settings.read('command', { SANGDAM_CHAT_URLS, SANGDAM_CHAT_API_KEY: 'geheim' });
    expect(settings).toMatchObject({
      chatModel: undefined,
      chatUrls: ['http://gpu1:8080/v1', 'https://gpu_2.bank.internal/llm/v1'],
      chatApiKey: 'geheim',
      chatTimes: { connectMs: 3_000, firstTokenMs: 30_000, nextTokenMs: 15_000 },
    });
    expect(JSON.stringify(settings)).not.toContain('geheim');
  });

  it.each([
    'gpu1:8080/v1',
    'ftp://gpu1/v1',
    'http://gpu1/v1?key=1',
    'http://gpu1/v1#a',
    'http://gpu1/v1,http://gpu1/v1',
  ])('refuses %s', (urls) => {
    const { code, params } = refusal({ SANGDAM_CHAT_URLS: urls });
    expect({ code, variable: params.variable }).toEqual({ code: 'config.invalid', variable: 'SANGDAM_CHAT_URLS' });
  });

  it('refuses a key that no server would get', () => {
    expect(refusal({ SANGDAM_CHAT_API_KEY: 'geheim' }).params).toMatchObject({
      variable: 'SANGDAM_CHAT_API_KEY',
      value: '***',
      expected: expect.stringContaining('SANGDAM_CHAT_URLS'),
    });
  });
});

describe('safe by default', () => {
  const reachable = [
    { NODE_ENV: 'production' },
    { HOST: '0.0.0.0' },
    { HOST: '192.0.2.7' },
    { HOST: 'chat.bank.example' },
    { HOST: '::' },
  ];
  const encrypted = [{ SANGDAM_PROXY: '1' }, { SANGDAM_TLS_CERT: '/cert.pem', SANGDAM_TLS_KEY: '/key.pem' }];

  it('needs nothing on the loopback address', () => {
    for (const HOST of ['127.0.0.1', '127.0.0.53', '::1', 'localhost'])
      expect(readEnvironment({ HOST }).HOST).toBe(HOST);
  });

  it.each(reachable)('refuses %o without a secret, whatever encrypts', (where) => {
    for (const by of [{}, ...encrypted]) expect(refusal({ ...where, ...by }).params.variable).toBe('SANGDAM_SECRET');
  });

  it.each(reachable)('refuses %o with a secret that anybody could guess', (where) => {
    for (const SANGDAM_SECRET of ['0'.repeat(32), 'changeme'.repeat(4).replaceAll('h', 'c')])
      expect(refusal({ ...where, ...encrypted[0], SANGDAM_SECRET }).params).toMatchObject({
        variable: 'SANGDAM_SECRET',
        value: '***',
      });
  });

  it.each(reachable)('refuses %o while nothing encrypts', (where) => {
    expect(refusal({ ...where, SANGDAM_SECRET: SECRET }).params.variable).toBe('SANGDAM_PROXY');
  });

  it.each(reachable)('refuses %o without a master key', (where) => {
    for (const by of encrypted)
      expect(refusal({ ...where, ...by, SANGDAM_SECRET: SECRET }).params.variable).toBe('SANGDAM_MASTER_KEY_FILE');
  });

  it.each(reachable)('starts with %o, a secret, a master key and TLS or a proxy', (where) => {
    for (const by of encrypted)
      for (const key of [{ SANGDAM_MASTER_KEY: MASTER_KEY }, { SANGDAM_MASTER_KEY_FILE: '/key' }])
        expect(() => readEnvironment({ ...where, ...by, ...key, SANGDAM_SECRET: SECRET })).not.toThrow();
  });

  it('refuses half of a certificate everywhere', () => {
    expect(refusal({ SANGDAM_TLS_CERT: '/cert.pem' }).params.variable).toBe('SANGDAM_TLS_KEY');
    expect(refusal({ SANGDAM_TLS_KEY: '/key.pem' }).code).toBe('config.invalid');
  });

  it('downloads models in the service alone, and never in production', () => {
    const production = {
      NODE_ENV: 'production',
      SANGDAM_SECRET: SECRET,
      SANGDAM_MASTER_KEY: MASTER_KEY,
      SANGDAM_PROXY: '1',
    };
    expect(Settings.read('service', {}).mayFetch).toBe(true);
    expect(Settings.read('command', {}).mayFetch).toBe(false);
    expect(Settings.read('service', production).mayFetch).toBe(false);
  });

  it('takes the master key in digits, base64 or a file, and refuses anything else without showing it', () => {
    const key = Buffer.from(MASTER_KEY, 'hex');
    const folder = testFolder();
    const file = join(folder, 'key');
    writeFileSync(file, `${key.toString('base64')}\n`);
    for (const given of [
      { SANGDAM_MASTER_KEY: MASTER_KEY },
      { SANGDAM_MASTER_KEY: key.toString('base64') },
      { SANGDAM_MASTER_KEY_FILE: file },
    ])
      expect(Settings.read('service', given).masterKey).toEqual(key);
    expect(refusal({ SANGDAM_MASTER_KEY: 'short' }).params).toMatchObject({
      variable: 'SANGDAM_MASTER_KEY',
      value: '***',
    });
    writeFileSync(file, 'no key');
    for (const SANGDAM_MASTER_KEY_FILE of [file, join(folder, 'none')])
      expect(() => Settings.read('service', { SANGDAM_MASTER_KEY_FILE }).masterKey).toThrow('SANGDAM_MASTER_KEY_FILE');
    const own = { SANGDAM_DATA: folder };
    expect(Settings.read('service', own).masterKey).toEqual(Settings.read('service', own).masterKey);
    expect(statSync(join(folder, 'master-key')).mode & 0o077).toBe(0);
  });

  it('makes a secret at the first start and keeps it for its owner alone', () => {
    const SANGDAM_DATA = join(testFolder(), 'data');
    const secret = Settings.read('service', { SANGDAM_DATA }).secret;
    expect(secret.length).toBeGreaterThanOrEqual(32);
    expect(Settings.read('service', { SANGDAM_DATA }).secret).toBe(secret);
    expect(Settings.read('service', { SANGDAM_DATA: testFolder() }).secret).not.toBe(secret);
    expect(Settings.read('service', { SANGDAM_DATA, SANGDAM_SECRET: SECRET }).secret).toBe(SECRET);
    expect(statSync(join(SANGDAM_DATA, 'secret')).mode & 0o077).toBe(0);
    expect(statSync(SANGDAM_DATA).mode & 0o077).toBe(0);
  });
});

function refusal(environment: NodeJS.ProcessEnv): AppError {
  try {
    readEnvironment(environment);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error(`accepted: ${JSON.stringify(environment)}`);
}
