import 'reflect-metadata';
import { isIPv4 } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Expose, plainToInstance, Transform } from 'class-transformer';
import {
  ArrayUnique,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsUrl,
  Matches,
  Max,
  Min,
  MinLength,
  validateSync,
} from 'class-validator';
import { AppError } from './app-error.js';
import { packageRoot } from './package-root.js';

const toInteger = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
const toBoolean = ({ value }: { value: unknown }): unknown =>
  value === '1' || value === 'true' ? true : value === '0' || value === 'false' ? false : value;

const toList = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string'
    ? value
        .split(',')
        .map((item) => item.trim())
        .filter(Boolean)
    : value;

/** 32 bytes, in hexadecimal digits or base64. */
export const MASTER_KEY = /^(?:[0-9a-f]{64}|[A-Za-z0-9+/_-]{43}=?)$/;

/** Where a model is served. */
const BASE_URL = /^https?:\/\/[^/?#@\s]+(\/[^?#@\s]*)?$/;
const BASE_URL_EXPECTED = 'a base address such as http://gpu1:8080/v1, without user, query or fragment';

/**
 * Every variable that the program reads, with its default and what it accepts. docs/configuration.md explains them;
 * a test compares that table with this class.
 */
export class Environment {
  @Expose()
  @IsOptional()
  @IsIn(['development', 'test', 'production'])
  NODE_ENV: 'development' | 'test' | 'production' = 'development';

  @Expose()
  @Transform(toInteger)
  @IsInt()
  @Min(0)
  @Max(65_535)
  PORT = 8080;

  @Expose()
  @Matches(/^[A-Za-z0-9.:-]+$/, { message: 'a host name or an address' })
  HOST = '127.0.0.1';

  @Expose()
  @MinLength(1)
  SANGDAM_DATA: string = join(packageRoot, '.sangdam');

  @Expose()
  @IsOptional()
  @Matches(/^postgres(ql)?:\/\/.+/, { message: 'a postgres:// address' })
  DATABASE_URL?: string;

  @Expose()
  @MinLength(1)
  SANGDAM_MODELS: string = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sangdam', 'models');

  @Expose()
  @IsOptional()
  @MinLength(1)
  SANGDAM_CHAT_MODEL?: string;

  @Expose()
  @IsOptional()
  @MinLength(1)
  SANGDAM_NER_MODEL?: string;

  @Expose()
  @IsOptional()
  @IsIn(['select', 'write'])
  SANGDAM_CHAT_CAPABILITY?: 'select' | 'write';

  @Expose()
  @Transform(toInteger)
  @IsInt()
  @Min(1)
  @Max(64)
  SANGDAM_CHAT_SLOTS = 8;

  @Expose()
  @IsOptional()
  @Transform(toList)
  @ArrayUnique({ message: 'each URL once' })
  @IsUrl(
    {
      require_tld: false,
      require_protocol: true,
      protocols: ['http', 'https'],
      allow_underscores: true,
      disallow_auth: true,
      allow_query_components: false,
      allow_fragments: false,
    },
    {
      each: true,
      message: 'a comma-separated list of URLs such as http://gpu1:8080/v1, without a user, a query or a #',
    },
  )
  SANGDAM_CHAT_URLS: string[] = [];

  @Expose()
  @IsOptional()
  @Matches(/^[\x21-\x7e]+$/, { message: 'visible ASCII characters' })
  SANGDAM_CHAT_API_KEY?: string;

  @Expose()
  @Transform(toInteger)
  @IsInt()
  @Min(100)
  @Max(60_000)
  SANGDAM_CHAT_CONNECT_MS = 3_000;

  @Expose()
  @Transform(toInteger)
  @IsInt()
  @Min(1_000)
  @Max(240_000)
  SANGDAM_CHAT_FIRST_TOKEN_MS = 30_000;

  @Expose()
  @Transform(toInteger)
  @IsInt()
  @Min(1_000)
  @Max(240_000)
  SANGDAM_CHAT_NEXT_TOKEN_MS = 15_000;

  @Expose()
  @IsOptional()
  @Matches(BASE_URL, { message: BASE_URL_EXPECTED })
  SANGDAM_EMBEDDING_URL?: string;

  @Expose()
  @IsOptional()
  @Matches(/^[\x21-\x7e]+$/, { message: 'visible ASCII characters' })
  SANGDAM_EMBEDDING_API_KEY?: string;

  @Expose()
  @IsOptional()
  @MinLength(1)
  SANGDAM_EMBEDDING_MODEL?: string;

  @Expose()
  @IsOptional()
  @MinLength(1)
  SANGDAM_EMBEDDING_QUERY_PREFIX?: string;

  @Expose()
  @IsOptional()
  @MinLength(1)
  SANGDAM_EMBEDDING_PASSAGE_PREFIX?: string;

  @Expose()
  @Transform(toInteger)
  @IsInt()
  @Min(50)
  @Max(60_000)
  SANGDAM_EMBEDDING_TIMEOUT_MS = 2_000;

  @Expose()
  @IsOptional()
  @Matches(BASE_URL, { message: BASE_URL_EXPECTED })
  SANGDAM_RERANK_URL?: string;

  @Expose()
  @IsOptional()
  @Matches(/^[\x21-\x7e]+$/, { message: 'visible ASCII characters' })
  SANGDAM_RERANK_API_KEY?: string;

  @Expose()
  @IsOptional()
  @MinLength(1)
  SANGDAM_RERANK_MODEL?: string;

  @Expose()
  @Transform(toInteger)
  @IsInt()
  @Min(10)
  @Max(10_000)
  SANGDAM_RERANK_TIMEOUT_MS = 300;

  @Expose()
  @MinLength(1)
  SANGDAM_CALIBRATION: string = join(packageRoot, 'data', 'calibration.json');

  @Expose()
  @IsOptional()
  @MinLength(32, { message: 'at least 32 characters' })
  SANGDAM_SECRET?: string;

  @Expose()
  @IsOptional()
  @Matches(MASTER_KEY, { message: '32 random bytes as 64 hexadecimal digits or 44 characters of base64' })
  SANGDAM_MASTER_KEY?: string;

  @Expose()
  @IsOptional()
  @MinLength(1)
  SANGDAM_MASTER_KEY_FILE?: string;

  @Expose()
  @IsOptional()
  @MinLength(32, { message: 'at least 32 characters' })
  SANGDAM_OPERATOR_TOKEN?: string;

  @Expose()
  @IsOptional()
  @MinLength(32, { message: 'at least 32 characters' })
  SANGDAM_API_TOKEN?: string;

  @Expose()
  @Transform(toInteger)
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  SANGDAM_API_REQUESTS_PER_MINUTE = 300;

  @Expose()
  @Transform(toInteger)
  @IsInt()
  @Min(1)
  @Max(10_000)
  SANGDAM_API_CONCURRENCY = 16;

  @Expose()
  @IsOptional()
  @MinLength(32, { message: 'at least 32 characters' })
  SANGDAM_IDENTITY_KEY?: string;

  @Expose()
  @IsOptional()
  @MinLength(1)
  SANGDAM_IDENTITY_JWKS?: string;

  @Expose()
  @IsOptional()
  @MinLength(1)
  SANGDAM_TLS_CERT?: string;

  @Expose()
  @IsOptional()
  @MinLength(1)
  SANGDAM_TLS_KEY?: string;

  @Expose()
  @Transform(toBoolean)
  @IsBoolean({ message: '1 or 0' })
  SANGDAM_PROXY = false;

  @Expose()
  @IsOptional()
  @Transform(toList)
  @IsUrl(
    { require_tld: false, require_protocol: true, protocols: ['http', 'https'] },
    { each: true, message: 'a comma-separated list of URLs' },
  )
  SANGDAM_MODEL_URLS: string[] = [];

  @Expose()
  @IsOptional()
  @Transform(toList)
  @Matches(/^https?:\/\/[^/?#\s]+$/, {
    each: true,
    message: 'a comma-separated list of origins such as https://www.bank.example, without a path or a slash at the end',
  })
  SANGDAM_ORIGINS: string[] = [];

  @Expose()
  @Transform(toInteger)
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  SANGDAM_CONNECTIONS_PER_ADDRESS = 50;

  @Expose()
  @Transform(toInteger)
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  SANGDAM_MESSAGES_PER_MINUTE = 20;

  @Expose()
  @IsIn(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
  LOG_LEVEL: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent' = 'info';
}

/** Values that must not be shown in an error message. */
const SECRET_VARIABLES = new Set([
  'SANGDAM_SECRET',
  'SANGDAM_MASTER_KEY',
  'SANGDAM_OPERATOR_TOKEN',
  'SANGDAM_API_TOKEN',
  'SANGDAM_IDENTITY_KEY',
  'DATABASE_URL',
  'SANGDAM_CHAT_API_KEY',
  'SANGDAM_CHAT_URLS', // may hold a password, for which it is refused
  'SANGDAM_EMBEDDING_API_KEY',
  'SANGDAM_EMBEDDING_URL',
  'SANGDAM_RERANK_API_KEY',
  'SANGDAM_RERANK_URL',
]);

/**
 * Reads and checks the environment; a command opens no way in, so that it needs no secret.
 * @throws AppError `config.invalid` with the variable, its value and what is expected.
 */
export function readEnvironment(
  source: NodeJS.ProcessEnv = process.env,
  role: 'service' | 'command' = 'service',
): Environment {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ''));
  const environment = plainToInstance(Environment, given, { excludeExtraneousValues: true, exposeDefaultValues: true });
  const [first] = validateSync(environment, { forbidUnknownValues: true });
  if (first) {
    const variable = first.property;
    const value = SECRET_VARIABLES.has(variable) ? '***' : String(source[variable] ?? '');
    throw AppError.of('config.invalid', {
      variable,
      value,
      expected: Object.values(first.constraints ?? {}).join('; '),
    });
  }
  if (environment.SANGDAM_CHAT_API_KEY !== undefined && environment.SANGDAM_CHAT_URLS.length === 0)
    throw AppError.of('config.invalid', {
      variable: 'SANGDAM_CHAT_API_KEY',
      value: '***',
      expected:
        'SANGDAM_CHAT_URLS as well; a model of a vendor takes the vendor’s own variable, such as OPENAI_API_KEY',
    });
  refuseIncomplete(environment);
  if (role === 'service') refuseUnsafe(environment);
  return environment;
}

/** Vectors are known by their model's name, so a server of embeddings needs one. */
function refuseIncomplete({ SANGDAM_EMBEDDING_URL, SANGDAM_EMBEDDING_MODEL }: Environment): void {
  if (SANGDAM_EMBEDDING_URL !== undefined && SANGDAM_EMBEDDING_MODEL === undefined)
    throw AppError.of('config.invalid', {
      variable: 'SANGDAM_EMBEDDING_MODEL',
      value: '',
      expected: 'the name of the model at SANGDAM_EMBEDDING_URL',
    });
}

/** Whether only this machine can reach an address; a name that merely looks like one is none. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** Safe by default: whatever can be reached from another machine, or says production, needs a secret and an encrypted way in. */
function refuseUnsafe(e: Environment): void {
  const fail = (variable: string, value: string, expected: string): never => {
    throw AppError.of('config.invalid', { variable, value, expected });
  };
  if ((e.SANGDAM_TLS_CERT === undefined) !== (e.SANGDAM_TLS_KEY === undefined))
    fail('SANGDAM_TLS_KEY', '', 'SANGDAM_TLS_CERT and SANGDAM_TLS_KEY together');
  if (e.SANGDAM_IDENTITY_KEY !== undefined && e.SANGDAM_IDENTITY_JWKS !== undefined)
    fail('SANGDAM_IDENTITY_JWKS', e.SANGDAM_IDENTITY_JWKS, 'either SANGDAM_IDENTITY_KEY or SANGDAM_IDENTITY_JWKS');
  if (e.SANGDAM_MASTER_KEY !== undefined && e.SANGDAM_MASTER_KEY_FILE !== undefined)
    fail('SANGDAM_MASTER_KEY', '***', 'either SANGDAM_MASTER_KEY or SANGDAM_MASTER_KEY_FILE');
  if (isLoopback(e.HOST) && e.NODE_ENV !== 'production') return;
  if (e.SANGDAM_SECRET === undefined)
    fail(
      'SANGDAM_SECRET',
      '',
      'a secret of at least 32 characters, since HOST is not the loopback address or NODE_ENV is production',
    );
  if (new Set(e.SANGDAM_SECRET).size < 8) fail('SANGDAM_SECRET', '***', 'a random secret, not a default one');
  if (e.SANGDAM_TLS_CERT === undefined && !e.SANGDAM_PROXY)
    fail(
      'SANGDAM_PROXY',
      '0',
      'SANGDAM_TLS_CERT and SANGDAM_TLS_KEY, or SANGDAM_PROXY=1 where a proxy in front encrypts',
    );
  if (e.SANGDAM_MASTER_KEY === undefined && e.SANGDAM_MASTER_KEY_FILE === undefined)
    fail(
      'SANGDAM_MASTER_KEY_FILE',
      '',
      'a file with the 32-byte key of the vault, since HOST is not the loopback address or NODE_ENV is production',
    );
}
