import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
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
});
