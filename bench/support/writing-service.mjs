// The service with a model that writes at a steady pace and one source for every question (the retrieval still runs, so that it
// takes its share of the processor). A child process of the benchmarks: tells them its port and when sentences were complete.
import { NestFactory } from '@nestjs/core';
import { configureApplication } from '../../dist/application.js';
import { AppModule } from '../../dist/app.module.js';
import { Settings } from '../../dist/config/settings.js';
import { Retriever } from '../../dist/knowledge/index.js';
import { ChatModel } from '../../dist/models/chat-model.js';
import { LangChainChatModel } from '../../dist/models/langchain-chat-model.js';
import { answerParent } from './child.mjs';
import { ANSWER, MARK, write } from './writer.mjs';

const pace = Number(process.env.BENCH_CHARACTERS_PER_SECOND);
const settings = Settings.read('service');
const app = await NestFactory.create(AppModule.with(settings), { logger: ['error', 'warn'], abortOnError: false });

const writer = {
  async *stream(messages, { signal }) {
    const who = MARK.exec(messages.at(-1).content)?.[1];
    for await (const text of write(pace, (index, at) => process.send({ who, index, at }), signal)) yield { text };
  },
};
const model = new LangChainChatModel({
  status: () => ({ state: 'ready', model: 'writer', capability: 'write' }),
  current: () => writer,
});
const chatModel = app.get(ChatModel, { strict: false });
chatModel.status = () => model.status();
chatModel.stream = (request, signal) => model.stream(request, signal);

const retriever = app.get(Retriever, { strict: false });
const retrieve = retriever.retrieve.bind(retriever);
const source = { source: 'passage:bench@1#1', kind: 'passage', title: '한결 정기예금', text: ANSWER };
retriever.retrieve = async (query, options) => {
  await retrieve(query, options);
  return [{ ...source, score: 1, cosine: 1, lexical: 1, confidence: 0.6, basis: 'passage' }];
};

await configureApplication(app, settings);
await app.listen(0, '127.0.0.1');
answerParent(app.getHttpServer().address().port);
