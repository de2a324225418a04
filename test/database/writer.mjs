// A process of its own for the tests that kill one: opens the embedded store in the folder argv[2], and
// - with `write`: inserts 1, 2, 3, … (each even number in a transaction with a second row) and prints each when it is acknowledged
// - with `hold`: prints `open` and waits
import { openDatabase } from '../../dist/database/open-database.js';

const [, , dataFolder, what] = process.argv;
const database = await openDatabase({ dataFolder });
if (what === 'hold') {
  console.log('open');
  setInterval(() => undefined, 1_000);
} else {
  await database.script('CREATE TABLE IF NOT EXISTS acknowledged (n integer PRIMARY KEY, half text)');
  for (let n = 1; ; n++) {
    if (n % 2 === 1) await database.query('INSERT INTO acknowledged VALUES ($1)', [n]);
    else
      await database.transaction(async (tx) => {
        await tx.query('INSERT INTO acknowledged VALUES ($1, $2)', [n, 'first']);
        await tx.query('INSERT INTO acknowledged VALUES ($1, $2)', [-n, 'second']);
      });
    console.log(n);
  }
}
