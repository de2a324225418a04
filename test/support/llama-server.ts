import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/config/package-root.js';
import { freePort } from './spawned-service.js';

const SCRIPT = join(packageRoot, 'test', 'support', 'llama-server.py');
const VENV_PYTHON = join(packageRoot, 'node_modules', '.cache', 'llama-server', 'bin', 'python');

/**
 * A Python with llama.cpp's server (`scripts/ci-llama-server.sh` installs one), or undefined: then such tests are skipped,
 * `describe.runIf(llamaServerPython || process.env.CI)`.
 */
export const llamaServerPython: string | undefined =
  process.env.SANGDAM_TEST_LLAMA_SERVER_PYTHON || (existsSync(VENV_PYTHON) ? VENV_PYTHON : undefined);

/** Random weights, 470 KB: streams thousands of characters that mean nothing each second, and never ends by itself. */
export const TINY_MODEL = join(packageRoot, 'test', 'fixtures', 'tiny-llama.gguf');

export interface LlamaServerOptions {
  /** A GGUF file; the tiny one if not said. */
  model?: string;
  /** The name under which the model is served. */
  alias?: string;
  apiKey?: string;
  /** Answers generated at the same time; more requests wait. */
  slots?: number;
  /** Tokens of one slot, prompt and answer. */
  contextTokens?: number;
  threads?: number;
}

/** llama.cpp's own HTTP server in a process of its own, as it runs on a bank's GPU hosts. */
export class LlamaServer {
  #child: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly options: Required<Omit<LlamaServerOptions, 'apiKey'>> & Pick<LlamaServerOptions, 'apiKey'>,
  ) {}

  /** Resolves when it answers. `port`: a free one if not said. */
  static async start(options: LlamaServerOptions & { port?: number } = {}): Promise<LlamaServer> {
    const { port = await freePort(), ...rest } = options;
    const defaults = { model: TINY_MODEL, alias: 'tiny', slots: 2, contextTokens: 2048, threads: 1 };
    const server = new LlamaServer(port, { ...defaults, ...rest });
    await server.restart();
    return server;
  }

  /** For SANGDAM_CHAT_URLS. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/v1`;
  }

  /** Kills it at once, if it runs; its port refuses connections until `restart`. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
  }

  /** Another process on the same port. Resolves when it answers. */
  async restart(): Promise<void> {
    await this.kill();
    if (!llamaServerPython) throw new Error('no llama-server: run scripts/ci-llama-server.sh');
    const { model, alias, apiKey, slots, contextTokens, threads } = this.options;
    const flags = { model, alias, port: this.port, slots, context: contextTokens, threads };
    const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
    if (apiKey !== undefined) args.push('--api-key', apiKey);
    const child = spawn(llamaServerPython, [SCRIPT, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    await listening(child);
  }

  /** Stops the process as it is: the machine takes connections, but nothing answers on them. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  /** Ends `freeze`. */
  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Number of answers that are being generated now. */
  async busySlots(): Promise<number> {
    const slots = (await (await this.#get('/slots')).json()) as { is_processing: boolean }[];
    return slots.filter((slot) => slot.is_processing).length;
  }

  /** A counter or gauge of `/metrics`, such as `llamacpp:prompt_tokens_total`. */
  async metric(name: string): Promise<number> {
    const text = await (await this.#get('/metrics')).text();
    const value = new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1];
    if (value === undefined) throw new Error(`no metric ${name}`);
    return Number(value);
  }

  #get(path: string): Promise<Response> {
    const { apiKey } = this.options;
    const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
    return fetch(`http://127.0.0.1:${this.port}${path}`, { headers });
  }
}

/** Resolves when the server says that it listens; what it printed before an early end is the error. */
function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let printed = '';
    let log = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      if (/^listening$/m.test(printed)) resolve();
    });
    child.stderr!.on('data', (chunk: Buffer) => (log += chunk.toString()));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the llama-server ended (${code}): ${log}`)));
  });
}
