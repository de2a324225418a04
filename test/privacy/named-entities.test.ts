import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/config/package-root.js';
import { OnnxTokenClassifier } from '../../src/models/onnx-token-classifier.js';
import { ConversationMasker, NamedEntities, PiiDetector } from '../../src/privacy/index.js';

/** Made by test/fixtures/tiny-ner.py: knows 또치, 봄이슬비, 해돋길 12 and 한빛 (an organisation). */
const folder = join(packageRoot, 'test', 'fixtures', 'tiny-ner');

describe('a named-entity model', () => {
  let entities: NamedEntities;
  beforeAll(async () => {
    entities = await NamedEntities.open(folder);
  });
  afterAll(() => entities.close());
  const found = async (text: string) =>
    (await entities.find(text)).map(({ type, start, end }) => `${type} ${text.slice(start, end)}`);

  it('finds names without the particle that stands behind them, in the order of the text', async () => {
    expect(await found('또치야 고마워, 봄이슬비한테')).toEqual(['PERSON 또치', 'PERSON 봄이슬비']);
  });

  it('finds an address over several words, and takes no place without a number for one', async () => {
    expect(await found('해돋길 12 , 해돋길')).toEqual(['ADDRESS 해돋길 12']);
  });

  it('leaves organisations', async () => {
    expect(await found('한빛은행')).toEqual([]);
  });

  it('reads a text that is longer than the model, to its end', async () => {
    const text = `${'고마워 '.repeat(1_000)}또치`;
    expect(await entities.find(text)).toMatchObject([{ type: 'PERSON', start: text.length - 2, end: text.length }]);
  });

  it('finds nothing in what it has no words for', async () => {
    for (const text of ['', ' \n', '😀😀', '\ud800', '가'.repeat(500)]) expect(await found(text)).toEqual([]);
  });

  it('its findings are united with those of the rules, and the name is masked from then on', async () => {
    const masker = new ConversationMasker();
    const text = '또치 010-1234-5678';
    const masked = masker.mask(text, 0, undefined, await entities.find(text));
    expect(masked.text).toBe('[이름#1] [전화번호#1]');
    expect(masker.mask('또치가 보냈어요').text).toBe('[이름#1]가 보냈어요');
  });

  it('its findings stay in the message that they are from', async () => {
    const turns = ['안녕하세요', '또치 왔어요'];
    const detected = new PiiDetector().detectTurns(turns, { entities: await entities.find(turns[1]!) });
    expect(detected).toMatchObject([{ type: 'PERSON', turn: 1, start: 0, end: 2 }]);
  });

  it('masks a sentence that is released', async () => {
    expect(await entities.masked('또치한테 해돋길 12 .')).toBe('[이름]한테 [주소] .');
  });

  it('without a model nothing is found', async () => {
    expect(await NamedEntities.NONE.find('또치')).toEqual([]);
    expect(await (await NamedEntities.open(undefined)).masked('또치')).toBe('또치');
  });
});

describe('a worker that dies', () => {
  it('is started again for the next text', async () => {
    const classifier = await OnnxTokenClassifier.open(folder, 'SANGDAM_NER_MODEL');
    await (await (classifier as unknown as { worker: Promise<{ terminate(): Promise<number> }> }).worker).terminate();
    expect(await classifier.classify('또치')).toMatchObject([{ start: 0, end: 2, label: 'PS' }]);
    await classifier.close();
    await expect(classifier.classify('또치')).rejects.toMatchObject({ code: 'model.unavailable' });
  });
});

describe('a model that cannot be used', () => {
  let copy: string;
  afterEach(() => rmSync(copy, { recursive: true, force: true }));
  const refused = async (damage: (folder: string) => void) => {
    copy = mkdtempSync(join(tmpdir(), 'ner-'));
    cpSync(folder, copy, { recursive: true });
    damage(copy);
    const error = await NamedEntities.open(copy).then(
      () => undefined,
      (reason: unknown) => reason as { code: string; params: Record<string, unknown> },
    );
    expect(error).toMatchObject({ code: 'config.invalid', params: { variable: 'SANGDAM_NER_MODEL', value: copy } });
    return String(error!.params.expected);
  };

  it.each(['model.onnx', 'tokenizer.json', 'config.json'])(
    'without %s is refused at the start by name',
    async (file) => {
      expect(await refused((inside) => rmSync(join(inside, file)))).toContain(`missing: ${file}`);
    },
  );

  it('with a broken graph, tokenizer or label list is refused at the start', async () => {
    await refused((inside) => writeFileSync(join(inside, 'model.onnx'), 'no graph'));
    await refused((inside) => writeFileSync(join(inside, 'tokenizer.json'), '{'));
    expect(await refused((inside) => writeFileSync(join(inside, 'config.json'), '{}'))).toContain('id2label');
    expect(await refused((inside) => writeFileSync(join(inside, 'config.json'), '{"id2label":{"0":"O"}}'))).toContain(
      '6 labels',
    );
  });
});
