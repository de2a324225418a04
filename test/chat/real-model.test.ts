import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatModelSettled } from '../../src/commands/chat-model-settled.js';
import { CommandsModule } from '../../src/commands/commands.module.js';
import { Clock } from '../../src/config/clock.js';
import { Settings } from '../../src/config/settings.js';
import { text } from '../../src/config/texts.js';
import { Turn } from '../../src/conversation/turn.js';
import { standsVerbatim } from '../../src/guardrails/index.js';
import { ChatModel } from '../../src/models/chat-model.js';
import { ModelList } from '../../src/models/model-list.js';
import { defaultModelsFolder, ModelStore } from '../../src/models/model-store.js';
import { runAnswersSuite } from '../../src/quality/answers-suite.js';
import { preparedStore, type PreparedStore } from '../support/prepared-store.js';

const CONDITIONS = text('turn.conditions', {}, 'ko');
const list = ModelList.read();
const folder = process.env.SANGDAM_MODELS ?? defaultModelsFolder();
const stored = await new ModelStore(list, folder).stored();
const present = stored.some(({ model, present }) => present && model.name === list.defaultName);

// CI fetches the model before the tests and must use it; elsewhere these tests are there when the file is.
describe.runIf(present || process.env.CI)('the default chat model', () => {
  let store: PreparedStore;
  let app: Awaited<ReturnType<typeof application>>;

  beforeAll(async () => {
    store = await preparedStore('embedded');
    app = await application(store.environment);
  });
  afterAll(async () => {
    await app.close();
    await store.remove();
  });

  it('answers 5 questions, in whole sentences of cited sources', async () => {
    const chatModel = app.get(ChatModel, { strict: false });
    await chatModelSettled(chatModel, new AbortController().signal);
    expect(chatModel.status()).toMatchObject({ state: 'ready', model: list.defaultName });
    const turn = app.get(Turn, { strict: false });
    const clock = app.get(Clock, { strict: false });
    const report = await runAnswersSuite({ turn, chatModel, clock }, 5, new AbortController().signal);
    expect(report.written).toBeGreaterThan(0);
    for (const question of report.questions) {
      expect(question.answer).not.toBe('');
      if (!question.written) continue;
      // Between what the model chose and the conditions that the sources attach to it stands a sentence of our own.
      for (const { text, sources } of question.sentences.filter(({ text }) => text !== CONDITIONS))
        expect(
          sources.some((source) => standsVerbatim(text, source.text ?? '')),
          text,
        ).toBe(true);
    }
  }, 300_000);
});

async function application(environment: Record<string, string>) {
  const settings = Settings.read('command', { ...environment, SANGDAM_MODELS: folder, LOG_LEVEL: 'error' });
  const module = await Test.createTestingModule({ imports: [CommandsModule.with(settings)] }).compile();
  return module.init();
}
