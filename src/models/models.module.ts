import { Global, Module, type OnApplicationShutdown } from '@nestjs/common';
import { availableParallelism } from 'node:os';
import { Settings } from '../config/settings.js';
import { ChatModelSupervisor } from './chat-model-supervisor.js';
import { ChatModel } from './chat-model.js';
import { EarlierEmbedders, ShippedEarlier } from './earlier-embedders.js';
import { Embedder } from './embedder.js';
import { LangChainChatModel } from './langchain-chat-model.js';
import { ModelList } from './model-list.js';
import { ModelSettings } from './model-settings.js';
import { ModelStore } from './model-store.js';
import { openEmbedder } from './open-embedder.js';
import { RecentQueries } from './recent-queries.js';

/** The ports ChatModel and Embedder, and the model files. The chat model is brought up at the first look at it. */
@Global()
@Module({
  providers: [
    { provide: ModelSettings, inject: [Settings], useFactory: modelSettings },
    { provide: ModelList, useFactory: () => ModelList.read() },
    {
      provide: ModelStore,
      inject: [ModelList, ModelSettings],
      useFactory: (list: ModelList, { modelsFolder, modelUrls }: ModelSettings) =>
        new ModelStore(list, modelsFolder, { urls: modelUrls }),
    },
    {
      provide: ChatModelSupervisor,
      inject: [ModelSettings, ModelStore],
      useFactory: async (settings: ModelSettings, store: ModelStore) => {
        const supervisor = new ChatModelSupervisor(settings, store);
        await supervisor.refuseUnusable();
        return supervisor;
      },
    },
    {
      provide: ChatModel,
      inject: [ChatModelSupervisor],
      useFactory: (supervisor: ChatModelSupervisor) => new LangChainChatModel(supervisor),
    },
    {
      provide: Embedder,
      inject: [Settings],
      useFactory: async (settings: Settings) => new RecentQueries(await openEmbedder(settings)),
    },
    { provide: EarlierEmbedders, useClass: ShippedEarlier },
  ],
  exports: [ChatModel, ChatModelSupervisor, EarlierEmbedders, Embedder, ModelStore],
})
export class ModelsModule implements OnApplicationShutdown {
  constructor(
    private readonly supervisor: ChatModelSupervisor,
    private readonly embedder: Embedder,
    private readonly earlier: EarlierEmbedders,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await this.supervisor.close();
    await this.embedder.close();
    await this.earlier.close();
  }
}

function modelSettings(settings: Settings): ModelSettings {
  const { chatModel, chatCapability, chatSlots, chatUrls, chatApiKey, chatTimes, modelsFolder, modelUrls, mayFetch } =
    settings;
  return {
    chatModel,
    chatCapability,
    chatSlots,
    chatUrls,
    chatApiKey,
    chatTimes,
    modelsFolder,
    modelUrls,
    mayFetch,
    cores: availableParallelism(),
  };
}
