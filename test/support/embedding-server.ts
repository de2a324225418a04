import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../src/config/package-root.js';
import { llamaServerPython, TINY_MODEL } from './llama-server.js';
import { freePort } from './spawned-service.js';

export interface EmbeddingServer {
  url: string;
  port: number;
  kill(): Promise<void>;
}

/** llama.cpp's own server with random weights (vectors of 64): the protocol is real, the vectors mean nothing. */
export async function startEmbeddingServer(
  pooling: 'mean' | 'rank',
  apiKey: string,
  port?: number,
): Promise<EmbeddingServer> {
  const chosen = port ?? (await freePort());
  const script = join(packageRoot, 'test', 'support', 'embedding-server.py');
  const child = spawn(llamaServerPython!, [script, TINY_MODEL, String(chosen), pooling, apiKey], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('listening')) resolve();
    });
    child.once('exit', () => reject(new Error('the server ended')));
  });
  return {
    url: `http://127.0.0.1:${chosen}/v1`,
    port: chosen,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
