import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/database/open-database.js';
import { PII_TYPES } from '../../src/privacy/index.js';
import { examplesOf } from '../privacy/labelled-set.js';
import { ChatClient } from '../support/chat-client.js';
import { sangdam } from '../support/command-line.js';
import { preparedStore, type PreparedStore } from '../support/prepared-store.js';
import { spawnService, type SpawnedService } from '../support/spawned-service.js';
import { tempFolder } from '../support/temp-folder.js';

/** Customers at the same time; each example is a conversation of its own. */
const AT_ONCE = 6;

/** A value of tiers 0 to 2 that the labelled set marks, and the example that it stands in. */
interface Planted {
  value: string;
  /** Its letters and digits: what may not be found however it is written. */
  bare: string;
  example: number;
}

const EXAMPLES = [...examplesOf('pii.jsonl'), ...examplesOf('pii-multi-turn.jsonl')];
const PLANTED: Planted[] = EXAMPLES.flatMap(({ turns, spans }, example) =>
  spans
    .filter(({ type }) => PII_TYPES[type].tier <= 2)
    .map(({ turn, start, end }) => turns[turn]!.slice(start, end))
    .map((value) => ({ value, bare: bareOf(value), example })),
);
/** Shorter ones (PINs, expiry dates) are found in any text; they are looked for in their own conversation alone. */
const LONG = 9;

/** Everything that the program wrote or sent, by where. */
const sinks = new Map<string, string>();
/** By example. */
const conversations: string[] = [];

describe('personal data that goes through the whole program', () => {
  let store: PreparedStore;
  let service: SpawnedService;
  const folder = tempFolder();

  beforeAll(async () => {
    store = await preparedStore('embedded');
    service = await spawnService({ ...store.environment, LOG_LEVEL: 'trace' });

    const wire: string[] = [];
    await inTurns(EXAMPLES, async ({ turns }, example) => {
      const client = await ChatClient.open(service.url);
      for (const text of turns) await client.ask(text);
      await client.call('handoff:request', { reason: turns.at(-1) });
      const answer = client.events.findLast(({ type }) => type.startsWith('answer.'));
      if (answer) await client.call('feedback:give', { seq: answer.seq, rating: 'down', comment: turns.at(-1) });
      wire.push(...client.wire);
      conversations[example] = client.wire.join('\n');
      client.close();
    });
    sinks.set('socket', wire.join('\n'));

    const some = EXAMPLES.filter((_, at) => at % 5 === 0);
    const answers: string[] = [];
    await inTurns(some, async ({ turns }) => {
      const messages = turns.map((content) => ({ role: 'user', content }));
      for (const stream of [false, true]) {
        const body = JSON.stringify({ model: 'sangdam', messages, stream });
        const headers = { 'content-type': 'application/json' };
        const reply = await fetch(`${service.url}/v1/chat/completions`, { method: 'POST', headers, body });
        answers.push(await reply.text());
      }
    });
    const long = await fetch(`${service.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'sangdam', messages: [{ role: 'user', content: PLANTED[0]!.value.repeat(400) }] }),
    });
    answers.push(await long.text());
    sinks.set('HTTP', answers.join('\n'));

    const asked = some.map(({ turns }, id) => ({ id, messages: turns.map((content) => ({ role: 'user', content })) }));
    const said = await sangdam(['ask'], asked, store.environment);
    expect(said.code).toBe(0);
    sinks.set('sangdam ask', JSON.stringify(said.lines) + said.stderr);

    const file = join(folder.path, 'calls.txt');
    writeFileSync(file, `상담 기록\n\n${EXAMPLES.map(({ turns }) => turns.join('\n')).join('\n\n')}\n`);
    const imported = await sangdam(['import', 'documents', file], '', store.environment);
    expect(imported.lines.at(-1)).toMatchObject({ imported: 1 });
    sinks.set('sangdam import', JSON.stringify(imported.lines) + imported.stderr);

    for (const path of ['/metrics', '/api/operations', '/health/ready'])
      sinks.set(path, await (await fetch(`${service.url}${path}`)).text());
    const trail = await sangdam(['audit', 'export'], '', store.environment);
    expect(trail.lines.length).toBeGreaterThan(EXAMPLES.length);
    sinks.set('sangdam audit export', JSON.stringify(trail.lines));
    await service.kill('SIGTERM');
    sinks.set('log', service.output());

    const files = readdirSync(store.folder, { recursive: true, encoding: 'utf8' })
      .map((name) => join(store.folder, name))
      .filter((path) => statSync(path).isFile());
    sinks.set('files of the data folder', files.map((path) => readFileSync(path, 'latin1')).join('\n'));
    const database = await openDatabase({ dataFolder: store.folder });
    const tables = await database.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
    );
    for (const { name } of tables) {
      const rows = await database.query<{ row: string }>(`SELECT to_jsonb(t)::text AS row FROM "${name}" t`);
      sinks.set(`table ${name}`, rows.map(({ row }) => row).join('\n'));
    }
    await database.close();
  }, 300_000);

  afterAll(async () => {
    folder.remove();
    await store?.remove();
  });

  it('was really there: masked in the log, counted, in the vault', () => {
    expect(sinks.get('table events')).toContain('[계좌번호#1]');
    expect(sinks.get('table events')).toContain('[삭제]');
    expect(sinks.get('table vault_values')!.split('\n').length).toBeGreaterThan(40);
    expect(sinks.get('/metrics')).toMatch(/RRN/);
    expect(sinks.get('table passages')).toContain('[계좌번호]');
    expect(PLANTED.length).toBeGreaterThan(90);
  });

  it('is in no sink in the clear: no value of tiers 0 to 2, however it is spaced', () => {
    const found = [...sinks].flatMap(([sink, text]) => {
      const bare = bareOf(text);
      return PLANTED.filter((planted) => planted.bare.length >= LONG && bare.includes(planted.bare)).map(
        ({ value }) => `${sink}: ${value}`,
      );
    });
    expect(found).toEqual([]);
  });

  it('is in no frame of its own conversation, however short it is', () => {
    // A value that is told in two messages is known as one with the second; the log is redacted then, as the sinks above show.
    const found = PLANTED.filter(
      ({ value, example }) =>
        EXAMPLES[example]!.turns.length === 1 && value.length >= 3 && conversations[example]!.includes(value),
    );
    expect(found.map(({ value, example }) => `${example}: ${value}`)).toEqual([]);
  });
});

async function inTurns<T>(items: readonly T[], work: (item: T, at: number) => Promise<void>): Promise<void> {
  const queue = items.entries();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const [at, item] of queue) await work(item, at);
    }),
  );
}

function bareOf(text: string): string {
  return text.normalize('NFKC').replace(/[^\p{L}\p{N}]/gu, '');
}
