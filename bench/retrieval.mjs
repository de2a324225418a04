// Retrieval from 50,000 exemplars and 10,000 passages: how long a question takes, alone and fifty at once, with and without its
// embedding; what the HNSW graph loses against an exact search; how long the service starts and how much memory it takes.
// Usage: npm run build && node bench/retrieval.mjs [--exemplars 50000] [--passages 10000] [--queries 2000] [--postgres URL] [--describe]
//
// The store is made once (some minutes, most of them for the HNSW graph) and kept in ~/.cache/sangdam/bench. `--postgres` takes the
// URL of a server and makes a database of its own there. `--describe` compares the composed texts with the shipped ones instead.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { describe } from './retrieval/describe.mjs';
import { measure } from './retrieval/measure.mjs';
import { buildStore, placeOf } from './retrieval/store.mjs';

const { values } = parseArgs({
  options: {
    exemplars: { type: 'string', default: '50000' },
    passages: { type: 'string', default: '10000' },
    queries: { type: 'string', default: '2000' },
    postgres: { type: 'string' },
    describe: { type: 'boolean', default: false },
    build: { type: 'boolean', default: false },
  },
});
const options = {
  exemplars: Number(values.exemplars),
  passages: Number(values.passages),
  queries: Number(values.queries),
  postgres: values.postgres,
};

if (values.describe) await describe(options);
else if (values.build) await buildStore(options);
else {
  // In a process of its own, so that what it leaves in memory is not measured.
  if (!(await placeOf(options)).ready) {
    const { status } = spawnSync(process.execPath, [...process.execArgv, ...process.argv.slice(1), '--build'], {
      stdio: 'inherit',
    });
    if (status !== 0) process.exit(1);
  }
  await measure(options);
}
