import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HashingEmbedder } from './hashing-embedder.js';
import { all, Room, sheet, STORES } from './room.js';

const faq = (answer: string): string => `{"id":"faq-1","question":"수수료는 얼마인가요?","answer":"${answer}"}\n`;
const ids = (events: readonly object[], event: string): unknown[] =>
  events.filter((e) => (e as { event: string }).event === event).map((e) => (e as { id?: string }).id);

let room: Room;

describe.each(STORES)('the knowledge in a store (%s)', (kind) => {
  beforeAll(async () => void (room = await Room.open(kind)));
  afterEach(() => room.clear());
  afterAll(() => room.close());

  describe('importing', () => {
    it('reads a folder, reports what it skips with file and line, and goes on', async () => {
      room.write('sheets/deposit.md', sheet('deposit', '예금', '## 금리\n연 3%입니다.'));
      room.write('faq.jsonl', `${faq('면제입니다.')}{"question":""}\n`);
      room.write('broken.html', '<html><body>끝이 없는');
      room.write('photo.jpg', 'x');
      room.write('README.md', '# 읽지 않는 파일');
      const events = await all(room.knowledge().importer.import([room.path]));
      expect(ids(events, 'imported')).toEqual(['deposit', 'faq-1']);
      const skipped = events.filter((event) => event.event === 'skipped');
      expect(skipped.map(({ code, line }) => [code, line])).toEqual([
        ['document.truncated', 1],
        ['document.invalid', 2],
        ['document.unsupported', undefined],
      ]);
      for (const { file, reason } of skipped) expect(reason).toContain(file);
      expect(events.at(-1)).toEqual({
        event: 'done',
        imported: 2,
        unchanged: 0,
        deleted: 0,
        skipped: 3,
        withoutVectors: 0,
      });
    });

    it('again changes nothing, embeds nothing and leaves the knowledge version', async () => {
      room.write('faq.jsonl', faq('면제입니다.'));
      const { importer, repository } = room.knowledge();
      await all(importer.import([room.path]));
      const [version, embedded] = [await repository.version(), room.embedder.embedded];
      const events = await all(importer.import([room.path]));
      expect(ids(events, 'unchanged')).toEqual(['faq-1']);
      expect([await repository.version(), room.embedder.embedded]).toEqual([version, embedded]);
    });

    it('of a changed answer makes a new version and tells listeners; the old one can still be cited', async () => {
      room.write('faq.jsonl', faq('면제입니다.'));
      const { importer, repository } = room.knowledge();
      await all(importer.import([room.path]));
      const before = await repository.version();
      let told = 0;
      repository.onChange(() => told++);
      room.write('faq.jsonl', faq('500원입니다.'));
      expect(await all(importer.import([room.path]))).toMatchObject([
        { event: 'imported', id: 'faq-1', version: 2 },
        { event: 'done' },
      ]);
      expect(await repository.version()).toBe(before + 1);
      expect(told).toBe(1);
      expect(await repository.sourceText('exemplar:faq-1@1')).toMatchObject({ text: '면제입니다.' });
      expect(await repository.sourceText('exemplar:faq-1@2')).toMatchObject({ text: '500원입니다.' });
      expect(await repository.sourceText('exemplar:faq-1@3')).toBeUndefined();
    });

    it('deletes what a folder no longer holds only when asked to', async () => {
      room.write('keep/a.md', sheet('a', '가', '가 본문'));
      room.write('keep/b.md', sheet('b', '나', '나 본문'));
      room.write('other/c.md', sheet('c', '다', '다 본문'));
      const { importer } = room.knowledge();
      await all(importer.import([room.path]));
      room.erase('keep/b.md');
      expect(ids(await all(importer.import([`${room.path}/keep`])), 'deleted')).toEqual([]);
      expect(ids(await all(importer.import([`${room.path}/keep`], { prune: true })), 'deleted')).toEqual(['b']);
    });

    it('deletes by id, and an unknown id is an error', async () => {
      room.write('a.md', sheet('a', '가', '가 본문'));
      const { importer, retriever } = room.knowledge();
      await all(importer.import([room.path]));
      expect(await retriever.retrieve('가 본문', { k: 5 })).toHaveLength(1);
      expect(await all(importer.remove(['a']))).toMatchObject([
        { event: 'deleted', id: 'a', version: 1 },
        { event: 'done', deleted: 1 },
      ]);
      expect(await retriever.retrieve('가 본문', { k: 5 })).toEqual([]);
      await expect(all(importer.remove(['a']))).rejects.toMatchObject({
        code: 'document.unknown',
        params: { document: 'a' },
      });
      await expect(all(importer.import([`${room.path}/none`]))).rejects.toMatchObject({ code: 'document.unknown' });
    });

    it('takes one of two documents of the same id and reports the other', async () => {
      room.write('1.md', sheet('a', '가', '첫째'));
      room.write('2.md', sheet('a', '가', '둘째'));
      const events = await all(room.knowledge().importer.import([room.path]));
      expect(ids(events, 'imported')).toEqual(['a']);
      expect(events.filter(({ event }) => event === 'skipped')).toHaveLength(1);
    });
  });

  describe('the embedder of a store', () => {
    it('cannot be exchanged in silence; all vectors are made anew on request, and a stopped run goes on', async () => {
      for (let i = 0; i < 3; i++) room.write(`${i}.md`, sheet(`s${i}`, `안내 ${i}`, `본문 ${i}`));
      room.write('faq.jsonl', faq('면제입니다.'));
      await all(room.knowledge().importer.import([room.path]));
      const other = new HashingEmbedder('hashing@2', 128);
      const changed = room.knowledge(other);
      const refusal = { code: 'store.embedder-changed', params: { stored: 'hashing@1', configured: 'hashing@2' } };
      await expect(changed.retriever.retrieve('본문', { k: 1 })).rejects.toMatchObject(refusal);
      await expect(all(changed.importer.import([room.path]))).rejects.toMatchObject(refusal);
      for await (const { done, total } of changed.vectors.reembed()) {
        expect([done, total]).toEqual([3, 5]);
        break; // stopped after the passages
      }
      const progress: unknown[] = [];
      for await (const step of changed.vectors.reembed()) progress.push(step);
      expect(progress).toEqual([{ done: 2, total: 2 }]);
      const [hit] = await changed.retriever.retrieve('본문 1', { k: 1 });
      expect(hit).toMatchObject({ source: 'passage:s1@1#1' });
      expect(hit!.cosine).toBeGreaterThan(0.3);
      for await (const step of room.knowledge().vectors.reembed()) void step; // back to the length that the other tests use
    });

    it('that is away leaves texts to be found by their words until their vectors are made', async () => {
      room.embedder.available = false;
      room.write('faq.jsonl', faq('면제입니다.'));
      const { importer, retriever, vectors } = room.knowledge();
      expect((await all(importer.import([room.path]))).at(-1)).toMatchObject({ imported: 1, withoutVectors: 2 });
      expect(await retriever.retrieve('수수료', { k: 1 })).toMatchObject([{ source: 'exemplar:faq-1@1', cosine: 0 }]);
      room.embedder.available = true;
      for await (const step of vectors.reembed()) expect(step).toEqual({ done: 2, total: 2 });
      const [hit] = await retriever.retrieve('수수료는 얼마인가요?', { k: 1 });
      expect(hit!.cosine).toBeCloseTo(0.98, 3); // 1 for the question itself, less what a question is discounted
    });
  });
});
