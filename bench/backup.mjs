// How long a backup of the embedded store holds statements up, what memory it takes, and how long a restore takes, beside
// PGlite's own dumpDataDir and the system's tar over the same store in the same run.
// Usage: node scripts/prepare.mjs && node --disable-warning=ExperimentalWarning bench/backup.mjs [runs, 3 by default]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { EmbeddedDatabase } = await import(join(root, 'dist/database/embedded-database.js'));
const { writeBackup } = await import(join(root, 'dist/database/backup.js'));
const { restoreBackup } = await import(join(root, 'dist/database/restore.js'));

const runs = Number(process.argv[2] ?? 3);
const folder = mkdtempSync(join(tmpdir(), 'sangdam-bench-'));
const data = join(folder, 'data');
const { signal } = new AbortController();

try {
  console.log(
    `${cpus()[0].model}, ${availableParallelism()} cores, Node ${process.version}, load ${loadavg()[0].toFixed(1)}`,
  );
  // Any command that needs the store loads the shipped knowledge into an empty one.
  const env = { ...process.env, SANGDAM_DATA: data, SANGDAM_CHAT_MODEL: 'none', DATABASE_URL: '' };
  execFileSync(process.execPath, [join(root, 'dist/cli.js'), 'level'], { env, stdio: 'ignore' });

  const database = await EmbeddedDatabase.open(data);
  await times('sangdam backup', (file) => drained(writeBackup(database, data, file, new Date(), signal)));
  await database.close();
  const file = join(folder, 'sangdam backup-0.tar');
  await times('sangdam restore', (target) => drained(restoreBackup(target, file, { replace: false, signal })));

  await times('tar and sync', (target) => {
    execFileSync('tar', ['-cf', target, '-C', data, 'store']);
    execFileSync('sync', [target]);
  });
  const engine = await PGlite.create({ dataDir: join(data, 'store'), extensions: { vector } });
  await times('dumpDataDir and write', async (target) => {
    const dump = await engine.dumpDataDir('none');
    writeFileSync(target, Buffer.from(await dump.arrayBuffer()), { flush: true });
  });
  await engine.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * Prints the milliseconds of each run and by how much the resident memory grew at most. Once before, unmeasured: the engine's
 * code is compiled again while it is first used, which takes half a gigabyte for a moment.
 */
async function times(name, work) {
  await work(join(folder, `${name}-first.tar`));
  const before = process.memoryUsage().rss;
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 5);
  const took = [];
  let bytes = 0;
  for (let run = 0; run < runs; run++) {
    const target = join(folder, `${name}-${run}.tar`);
    const begun = performance.now();
    await work(target);
    took.push(Math.round(performance.now() - begun));
    most = Math.max(most, process.memoryUsage().rss);
    if (statSync(target).isFile()) bytes = statSync(target).size;
  }
  clearInterval(watch);
  const size = bytes > 0 ? `, ${(bytes / 1e6).toFixed(0)} MB` : '';
  console.log(`${name}: ${took.join(', ')} ms${size}; memory +${((most - before) / 1e6).toFixed(0)} MB`);
}

async function drained(work) {
  while (!(await work.next()).done);
}
