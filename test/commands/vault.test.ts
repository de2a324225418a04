import { randomBytes } from 'node:crypto';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ChatClient } from '../support/chat-client.js';
import { sangdam, type CommandResult } from '../support/command-line.js';
import { preparedStore, STORES, type PreparedStore } from '../support/prepared-store.js';
import { spawnService } from '../support/spawned-service.js';
import { testFolder } from '../support/temp-folder.js';

let store: PreparedStore | undefined;
afterEach(() => store?.remove());

describe.each(STORES)('the master key on the command line (%s)', (kind) => {
  it('is replaced by rewrapping, and what is locked and on record stands', async () => {
    store = await preparedStore(kind);
    const { environment, folder } = store;
    const service = await spawnService(environment);
    const client = await ChatClient.open(service.url);
    await client.ask('휴대폰 번호는 010-2345-6789입니다');
    client.close();
    const keys = testFolder();
    const [newKey, oldKey] = [join(keys, 'new'), join(keys, 'old')];
    writeFileSync(newKey, randomBytes(32).toString('hex'));
    copyFileSync(join(folder, 'master-key'), oldKey);
    const changed = { ...environment, SANGDAM_MASTER_KEY_FILE: newKey };
    const rewrap = (env: Record<string, string>): Promise<CommandResult> =>
      sangdam(['vault', 'rewrap', '--old-key-file', oldKey], '', env);

    if (kind === 'embedded') expect((await rewrap(changed)).stderr).toContain('store.locked');
    await service.kill('SIGTERM');
    const refused = await sangdam(['audit', 'verify'], '', changed);
    expect(refused).toMatchObject({ code: 1, lines: [] });
    expect(refused.stderr).toContain('vault.wrong-key');

    expect(await rewrap(changed)).toMatchObject({ code: 0, lines: [{ keys: 1, checkpoints: 0 }] });
    expect(await rewrap(changed)).toMatchObject({ code: 0, lines: [{ keys: 0, checkpoints: 0 }] });
    expect((await sangdam(['audit', 'verify'], '', environment)).stderr).toContain('vault.wrong-key');
    const verified = await sangdam(['audit', 'verify'], '', changed);
    expect(verified).toMatchObject({ code: 0, lines: [{ faults: 0 }] });
    const trail = await sangdam(['audit', 'export'], '', changed);
    expect(trail.lines.filter(({ action }) => action === 'rewrap')).toHaveLength(2);
  }, 240_000);

  it('needs the old key, as an erasure needs an id', async () => {
    store = await preparedStore(kind);
    const usage = await sangdam(['vault', 'rewrap'], '', store.environment);
    expect(usage).toMatchObject({ code: 2, lines: [] });
    const erase = await sangdam(['erase', '010-2345-6789'], '', store.environment);
    expect(erase).toMatchObject({ code: 2, lines: [] });
    expect(erase.stderr).not.toContain('2345');
  });
});
