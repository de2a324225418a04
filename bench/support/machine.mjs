// What every benchmark prints first, and what several of them need.
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Machine, load and versions, on one line each. */
export function printMachine(...packages) {
  const versionOf = (file) => JSON.parse(readFileSync(file, 'utf8')).version;
  const version = (name) => `${name} ${versionOf(join(root, 'node_modules', name, 'package.json'))}`;
  console.log(
    `${cpus()[0]?.model ?? process.arch}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB, load ${loadavg()[0].toFixed(1)}`,
  );
  console.log(
    [
      `sangdam ${versionOf(join(root, 'package.json'))}`,
      `Node ${process.versions.node}`,
      ...packages.map(version),
    ].join(', '),
  );
}

/** The value below which `share` (0 to 1) of the values lie; nearest rank. */
export function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))];
}

/** `p50 1.2, p95 3.4, p99 5.6, max 7.8 ms (n = 90)`. */
export function distribution(values) {
  if (values.length === 0) return 'none';
  const at = (share) => quantile(values, share).toFixed(1);
  return `p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}, max ${at(1)} ms (n = ${values.length})`;
}

/** Milliseconds on a clock that all processes of this machine share. */
export function now() {
  return Number(process.hrtime.bigint()) / 1e6;
}
