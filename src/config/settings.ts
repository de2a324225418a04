import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { AppError } from './app-error.js';
import { MASTER_KEY, readEnvironment, type Environment } from './environment.js';

export interface RemoteEmbeddingSettings {
  url: string;
  apiKey: string | undefined;
  model: string;
  /** What the model wants before a text. */
  prefixes: { query: string; passage: string };
  /** Milliseconds that a question waits for its vector. */
  timeout: number;
}

export interface RemoteRerankSettings {
  url: string;
  apiKey: string | undefined;
  /** The server's name of the model, where it wants one. */
  model: string | undefined;
  /** Milliseconds that a question waits for the new order. */
  timeout: number;
}

/** The configuration as the program uses it: typed, complete, read once. */
export class Settings {
  readonly production: boolean;
  readonly port: number;
  readonly host: string;
  /** Absolute. Holds the embedded store, the generated secret and the lock. */
  readonly dataFolder: string;
  readonly databaseUrl: string | undefined;
  readonly modelsFolder: string;
  /**
   * A name of data/models/models.json, a path of a GGUF file, `vendor:model`, `scripted:<file>` or `none`; with `chatUrls`, the
   * name under which those serve it, or `none`.
   */
  readonly chatModel: string | undefined;
  readonly chatCapability: 'select' | 'write' | undefined;
  /** OpenAI-compatible servers of the chat model, each up to and with `/v1`, without a slash at the end. */
  readonly chatUrls: readonly string[];
  /** How long a chat model on another machine may be silent, ms. */
  readonly chatTimes: { connectMs: number; firstTokenMs: number; nextTokenMs: number };
  /** Answers that a local model generates at the same time, at most. */
  readonly chatSlots: number;
  /** Missing model files may be downloaded: by the service outside production; commands fetch only by `models fetch`. */
  readonly mayFetch: boolean;
  /** The operator's own servers of model files, tried before the list's sources. */
  readonly modelUrls: readonly string[];
  /** Absolute. The folder of a named-entity model (ONNX token classifier); the rules alone find names where there is none. */
  readonly nerModel: string | undefined;
  /** The server of embeddings; the shipped embedder where there is none. */
  readonly remoteEmbedding: RemoteEmbeddingSettings | undefined;
  /** The server of a reranker. */
  readonly remoteRerank: RemoteRerankSettings | undefined;
  /** Absolute. Turns scores of the retrieval into probabilities; made for one embedder. */
  readonly calibrationFile: string;
  readonly operatorToken: string | undefined;
  /** Of the OpenAI-compatible endpoint. */
  readonly apiToken: string | undefined;
  readonly apiRequestsPerMinute: number;
  /** Requests of the endpoint that are answered at the same time. */
  readonly apiConcurrency: number;
  /** With what the bank's server signs customers' identity tokens: a shared secret, or a file of public keys. */
  readonly identityKey: string | undefined;
  readonly identityKeyFile: string | undefined;
  readonly tls: { cert: string; key: string } | undefined;
  /** A proxy in front sets X-Forwarded-For and encrypts. */
  readonly behindProxy: boolean;
  /** Origins beside our own that may embed the widget. */
  readonly origins: readonly string[];
  readonly connectionsPerAddress: number;
  readonly messagesPerMinute: number;
  readonly logLevel: Environment['LOG_LEVEL'];
  readonly #chatApiKey: string | undefined;
  readonly #givenSecret: string | undefined;
  readonly #masterKey: Pick<Environment, 'SANGDAM_MASTER_KEY' | 'SANGDAM_MASTER_KEY_FILE'>;
  #secret: string | undefined;

  constructor(environment: Environment, role: 'service' | 'command' = 'command') {
    this.production = environment.NODE_ENV === 'production';
    this.port = environment.PORT;
    this.host = environment.HOST;
    this.dataFolder = resolve(environment.SANGDAM_DATA);
    this.databaseUrl = environment.DATABASE_URL;
    this.modelsFolder = resolve(environment.SANGDAM_MODELS);
    this.chatModel = environment.SANGDAM_CHAT_MODEL;
    this.chatCapability = environment.SANGDAM_CHAT_CAPABILITY;
    this.chatUrls = environment.SANGDAM_CHAT_URLS.map((url) => url.replace(/\/+$/, ''));
    this.chatTimes = {
      connectMs: environment.SANGDAM_CHAT_CONNECT_MS,
      firstTokenMs: environment.SANGDAM_CHAT_FIRST_TOKEN_MS,
      nextTokenMs: environment.SANGDAM_CHAT_NEXT_TOKEN_MS,
    };
    this.#chatApiKey = environment.SANGDAM_CHAT_API_KEY;
    this.chatSlots = environment.SANGDAM_CHAT_SLOTS;
    this.mayFetch = role === 'service' && !this.production;
    this.modelUrls = environment.SANGDAM_MODEL_URLS;
    this.nerModel = environment.SANGDAM_NER_MODEL === undefined ? undefined : resolve(environment.SANGDAM_NER_MODEL);
    this.remoteEmbedding = remoteEmbedding(environment);
    this.remoteRerank = remoteRerank(environment);
    this.calibrationFile = absolute(environment.SANGDAM_CALIBRATION);
    this.operatorToken = environment.SANGDAM_OPERATOR_TOKEN;
    this.apiToken = environment.SANGDAM_API_TOKEN;
    this.apiRequestsPerMinute = environment.SANGDAM_API_REQUESTS_PER_MINUTE;
    this.apiConcurrency = environment.SANGDAM_API_CONCURRENCY;
    this.identityKey = environment.SANGDAM_IDENTITY_KEY;
    this.identityKeyFile = environment.SANGDAM_IDENTITY_JWKS;
    this.tls =
      environment.SANGDAM_TLS_CERT !== undefined && environment.SANGDAM_TLS_KEY !== undefined
        ? { cert: environment.SANGDAM_TLS_CERT, key: environment.SANGDAM_TLS_KEY }
        : undefined;
    this.behindProxy = environment.SANGDAM_PROXY;
    this.origins = environment.SANGDAM_ORIGINS;
    this.connectionsPerAddress = environment.SANGDAM_CONNECTIONS_PER_ADDRESS;
    this.messagesPerMinute = environment.SANGDAM_MESSAGES_PER_MINUTE;
    this.logLevel = environment.LOG_LEVEL;
    this.#givenSecret = environment.SANGDAM_SECRET;
    this.#masterKey = environment;
  }

  static read(role: 'service' | 'command' = 'command', source: NodeJS.ProcessEnv = process.env): Settings {
    return new Settings(readEnvironment(source, role), role);
  }

  /** Bearer token for the servers of `chatUrls`. */
  get chatApiKey(): string | undefined {
    return this.#chatApiKey;
  }

  /** Key of the hashes of resume tokens and customers: SANGDAM_SECRET, else one that is made at the first start and kept in the data folder. */
  get secret(): string {
    this.#secret ??= this.#givenSecret ?? keptSecret(this.dataFolder, 'secret');
    return this.#secret;
  }

  /**
   * The vault's 32-byte master key: SANGDAM_MASTER_KEY_FILE or SANGDAM_MASTER_KEY, else one that is made at the first start and kept in
   * the data folder.
   * @throws AppError `config.invalid` for a file that cannot be read or holds no key.
   */
  get masterKey(): Buffer {
    const { SANGDAM_MASTER_KEY: given, SANGDAM_MASTER_KEY_FILE: file } = this.#masterKey;
    return file === undefined
      ? keyBytes(given ?? keptSecret(this.dataFolder, 'master-key'))
      : readMasterKey(file, 'SANGDAM_MASTER_KEY_FILE');
  }
}

function remoteEmbedding(environment: Environment): RemoteEmbeddingSettings | undefined {
  const { SANGDAM_EMBEDDING_URL: url, SANGDAM_EMBEDDING_MODEL: model } = environment;
  if (url === undefined || model === undefined) return undefined;
  return {
    url,
    model,
    apiKey: environment.SANGDAM_EMBEDDING_API_KEY,
    prefixes: {
      query: environment.SANGDAM_EMBEDDING_QUERY_PREFIX ?? '',
      passage: environment.SANGDAM_EMBEDDING_PASSAGE_PREFIX ?? '',
    },
    timeout: environment.SANGDAM_EMBEDDING_TIMEOUT_MS,
  };
}

function remoteRerank(environment: Environment): RemoteRerankSettings | undefined {
  const { SANGDAM_RERANK_URL: url } = environment;
  if (url === undefined) return undefined;
  return {
    url,
    apiKey: environment.SANGDAM_RERANK_API_KEY,
    model: environment.SANGDAM_RERANK_MODEL,
    timeout: environment.SANGDAM_RERANK_TIMEOUT_MS,
  };
}

/**
 * A master key in a file: 64 hexadecimal digits or base64, white space around it does not count.
 * @param variable or option that named the file
 * @throws AppError `config.invalid`
 */
export function readMasterKey(path: string, variable: string): Buffer {
  const fail = (expected: string, cause?: unknown): never => {
    throw AppError.of('config.invalid', { variable, value: path, expected }, { cause });
  };
  let content: string;
  try {
    content = readFileSync(absolute(path), 'utf8').trim();
  } catch (cause) {
    return fail('a file that can be read', cause);
  }
  return MASTER_KEY.test(content)
    ? keyBytes(content)
    : fail('a file with 32 random bytes as 64 hexadecimal digits or 44 characters of base64');
}

function keyBytes(written: string): Buffer {
  return Buffer.from(written, written.length === 64 ? 'hex' : 'base64');
}

function keptSecret(folder: string, name: 'secret' | 'master-key'): string {
  const file = join(folder, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' });
  chmodSync(file, 0o600);
  return readFileSync(file, 'utf8');
}

/** A path from the environment or a command line, relative to where the command was typed. */
export function absolute(path: string): string {
  return isAbsolute(path) ? path : resolve(process.env.INIT_CWD ?? process.cwd(), path);
}
