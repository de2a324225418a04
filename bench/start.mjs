// How long from the start of the process until the service is ready, beside a bare NestJS application in the same run.
// Usage: npm run bench [-- <warm starts, 5 by default>]
//
// "Ready" is 200 from /health/ready with every part of the service at work, the language model left out (SANGDAM_CHAT_MODEL=none):
// customers are answered while it loads. The first start makes the store and loads the shipped knowledge into it; the warm ones
// find both. Starts of the two alternate, so that what else runs on the machine slows both.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..');
const warmStarts = Number(process.argv[2] ?? 5);
/** Milliseconds between two looks. */
const POLL = 5;
/** A start that takes longer has failed, milliseconds. */
const PATIENCE = 600_000;

const data = mkdtempSync(join(tmpdir(), 'sangdam-bench-'));
const service = {
  script: join(root, 'dist', 'main.js'),
  path: '/health/ready',
  isReady: (body) => JSON.parse(body).status === 'ready',
  env: { SANGDAM_DATA: data, SANGDAM_CHAT_MODEL: 'none', LOG_LEVEL: 'error', DATABASE_URL: '', NODE_ENV: '', HOST: '' },
};
const bare = { script: join(here, 'bare-nest.mjs'), path: '/', isReady: (body) => body === 'hello', env: {} };

try {
  printMachine();
  const first = await startOnce(service);
  const starts = { service: [], bare: [] };
  await startOnce(bare); // its files into the file cache, as the service's are after the first start
  for (let n = 0; n < warmStarts; n++) {
    starts.service.push(await startOnce(service));
    starts.bare.push(await startOnce(bare));
  }
  print('first start, empty data folder', [first]);
  print('warm start', starts.service);
  print('bare NestJS application', starts.bare);
  console.log(`warm start / bare: ${(median(starts.service, 'ms') / median(starts.bare, 'ms')).toFixed(1)}`);
} finally {
  rmSync(data, { recursive: true, force: true });
}

/** Milliseconds until ready and resident memory then, bytes. */
async function startOnce({ script, path, isReady, env }) {
  const port = await freePort();
  const started = performance.now();
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    env: { ...process.env, ...env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  try {
    while (!(await answers(`http://127.0.0.1:${port}${path}`, isReady))) {
      if (child.exitCode !== null) throw new Error(`${script} ended with exit code ${child.exitCode}`);
      if (performance.now() - started > PATIENCE) throw new Error(`${script} is not ready after ${PATIENCE} ms`);
      await new Promise((resolve) => setTimeout(resolve, POLL));
    }
    return { ms: performance.now() - started, rss: residentMemory(child.pid) };
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

async function answers(url, isReady) {
  try {
    const response = await fetch(url);
    const body = await response.text();
    return response.ok && isReady(body);
  } catch {
    return false;
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

function residentMemory(pid) {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;
  } catch {
    return undefined; // no Linux
  }
}

function printMachine() {
  const version = (name) => JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;
  const { version: own } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  console.log(
    `${cpus()[0]?.model ?? process.arch}, ${availableParallelism()} cores, ${gigabytes(totalmem())} GB, load ${loadavg()[0].toFixed(1)}`,
  );
  console.log(
    `sangdam ${own}, Node ${process.versions.node}, NestJS ${version('@nestjs/core')}, PGlite ${version('@electric-sql/pglite')}, onnxruntime-node ${version('onnxruntime-node')}`,
  );
}

function print(what, starts) {
  const times = starts.map(({ ms }) => ms).sort((a, b) => a - b);
  const range =
    starts.length > 1 ? ` median of ${starts.length} (${seconds(times[0])} to ${seconds(times.at(-1))})` : '';
  const rss = median(starts, 'rss');
  console.log(
    `${what}: ${seconds(median(starts, 'ms'))} s${range}${rss ? `, ${Math.round(rss / 1e6)} MB resident` : ''}`,
  );
}

function median(starts, figure) {
  const values = starts.map((start) => start[figure]).sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)];
}

function seconds(ms) {
  return (ms / 1000).toFixed(2);
}

function gigabytes(bytes) {
  return Math.round(bytes / 2 ** 30);
}
