import type { Type } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import type { AddressInfo } from 'node:net';
import { AppModule } from '../../src/app.module.js';
import { configureApplication } from '../../src/application.js';
import { Settings } from '../../src/config/settings.js';
import { ChatModel } from '../../src/models/chat-model.js';
import { LangChainChatModel } from '../../src/models/langchain-chat-model.js';
import type { PreparedStore } from './prepared-store.js';
import { ScriptedChatModel, type Script, type ScriptedRequest } from '../../src/models/scripted-chat-model.js';

export interface RunningService {
  url: string;
  app: NestExpressApplication;
  stop(): Promise<void>;
}

export interface ServiceOptions {
  store: PreparedStore;
  /** What the model says; without it there is none. */
  script?: Script | ((request: ScriptedRequest) => Script);
  capability?: 'select' | 'write';
  environment?: Record<string, string>;
  /** Parts replaced for this test, such as a retriever with a chosen confidence. */
  replace?: { token: Type<unknown> | (abstract new (...args: never[]) => unknown); by: unknown }[];
}

/** The service in this process, on a free port, with real sockets and a real store. */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  const settings = Settings.read('service', {
    PORT: '0',
    LOG_LEVEL: 'error',
    SANGDAM_CHAT_MODEL: 'none',
    SANGDAM_MESSAGES_PER_MINUTE: '100000',
    SANGDAM_CONNECTIONS_PER_ADDRESS: '10000',
    ...options.store.environment,
    ...options.environment,
  });
  const builder = Test.createTestingModule({ imports: [AppModule.with(settings)] });
  if (options.script)
    builder.overrideProvider(ChatModel).useValue(scripted(options.script, options.capability ?? 'select'));
  for (const { token, by } of options.replace ?? []) builder.overrideProvider(token).useValue(by);
  const module = await builder.compile();
  const app = module.createNestApplication<NestExpressApplication>({ bufferLogs: false });
  await configureApplication(app, settings);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, app, stop: () => app.close() };
}

function scripted(script: NonNullable<ServiceOptions['script']>, capability: 'select' | 'write'): ChatModel {
  const model = new ScriptedChatModel(script);
  return new LangChainChatModel({
    status: () => ({ state: 'ready', model: 'scripted', capability }),
    current: () => model,
  });
}
