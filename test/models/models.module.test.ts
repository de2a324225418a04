import { Test } from '@nestjs/testing';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigModule } from '../../src/config/config.module.js';
import { Settings } from '../../src/config/settings.js';
import { ChatModel } from '../../src/models/chat-model.js';
import { Embedder } from '../../src/models/embedder.js';
import { ModelStore } from '../../src/models/model-store.js';
import { ModelsModule } from '../../src/models/models.module.js';

describe('the models room', () => {
  it('offers the ports, set up from the environment', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'models-'));
    const settings = Settings.read('command', { SANGDAM_CHAT_MODEL: 'none', SANGDAM_MODELS: folder });
    const app = await Test.createTestingModule({ imports: [ConfigModule.with(settings), ModelsModule] }).compile();
    app.enableShutdownHooks();
    expect(app.get(ChatModel).status()).toMatchObject({ model: '', capability: 'select' });
    expect(app.get(ModelStore).folder).toBe(folder);
    expect(await app.get(Embedder).embed(['안녕하세요'], 'query')).toHaveLength(1);
    await app.close();
    expect(app.get(Embedder).available).toBe(false);
  });
});
