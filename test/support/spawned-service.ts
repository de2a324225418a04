import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { packageRoot } from '../../src/config/package-root.js';

export interface SpawnedService {
  url: string;
  port: number;
  process: ChildProcess;
  /** What it printed so far. */
  output(): string;
  kill(signal?: NodeJS.Signals): Promise<void>;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The service as users start it: its own process, from dist. Resolves when it serves. */
export async function spawnService(environment: Record<string, string>, port?: number): Promise<SpawnedService> {
  const chosen = port ?? (await freePort());
  const child = spawn(process.execPath, [join(packageRoot, 'dist', 'main.js')], {
    env: {
      ...process.env,
      PORT: String(chosen),
      LOG_LEVEL: 'error',
      SANGDAM_CHAT_MODEL: 'none',
      SANGDAM_MESSAGES_PER_MINUTE: '100000',
      SANGDAM_CONNECTIONS_PER_ADDRESS: '10000',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const listening = new Promise<void>((resolve) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      if (output.includes(`:${chosen}`)) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
  });
  await Promise.race([
    listening,
    exited.then(() => {
      throw new Error(`the service ended: ${output}`);
    }),
  ]);
  return {
    url: `http://127.0.0.1:${chosen}`,
    port: chosen,
    process: child,
    output: () => output,
    kill: async (signal = 'SIGKILL') => {
      child.kill(signal);
      await exited;
    },
  };
}
