// The service over a llama-server (SANGDAM_CHAT_URLS). A child process of bench/service.mjs: steers the requests and tells when the host
// was asked, when the model's first sentence was there, and what was decided about it. The pipe itself is the product's.
import { NestFactory } from '@nestjs/core';
import { configureApplication } from '../../dist/application.js';
import { AppModule } from '../../dist/app.module.js';
import { Settings } from '../../dist/config/settings.js';
import { Release } from '../../dist/conversation/release.js';
import { ChatModelSupervisor } from '../../dist/models/chat-model-supervisor.js';
import { ChatModel } from '../../dist/models/chat-model.js';
import { SentenceSplitter } from '../../dist/text/sentences.js';
import { answerParent } from './child.mjs';
import { readPrompt, steered } from './llama-host.mjs';
import { now } from './machine.mjs';

const settings = Settings.read('service');
const completions = `${settings.chatUrls[0]}/chat/completions`;
/** What the parent says: the recorded requests by question, and how the next run's are steered. None yet: record them. */
let slots = new Map();
let steering = {};
process.on('message', (message) => {
  if (message.recorded)
    slots = new Map(
      message.recorded.map((body, slot) => [readPrompt(body).question, { slot, text: JSON.stringify(body) }]),
    );
  if (message.steering) steering = message.steering;
});

const { fetch } = globalThis;
globalThis.fetch = (url, init) => (String(url) === completions ? askHost(url, init) : fetch(url, init));

function askHost(url, init) {
  const asked = now();
  const body = JSON.parse(init.body);
  const { question, sentence } = readPrompt(body);
  if (slots.size === 0) {
    process.send({ question, body });
    return answered(sentence);
  }
  const known = slots.get(question);
  tell(question, { asked, ...(known?.text === init.body ? {} : { differs: true }) });
  return fetch(url, { ...init, body: steered(body, { ...steering, slot: known?.slot ?? 0 }) });
}

/** Later than what is measured. */
function tell(question, what) {
  setImmediate(() => process.send({ question, ...what }));
}

/** A host's answer without a host. */
function answered(content) {
  const events = [
    { delta: { content }, finish_reason: null },
    { delta: {}, finish_reason: 'stop' },
  ].map(
    (choice) =>
      `data: ${JSON.stringify({ id: 'dry', object: 'chat.completion.chunk', created: 0, model: 'dry', choices: [{ index: 0, ...choice }] })}\n\n`,
  );
  return new Response(`${events.join('')}data: [DONE]\n\n`, { headers: { 'content-type': 'text/event-stream' } });
}

const app = await NestFactory.create(AppModule.with(settings), { logger: ['error', 'warn'], abortOnError: false });

const chatModel = app.get(ChatModel, { strict: false });
const stream = chatModel.stream.bind(chatModel);
chatModel.stream = async function* (request, signal) {
  const { question } = readPrompt(request);
  const splitter = new SentenceSplitter();
  let written;
  for await (const text of stream(request, signal)) {
    if (written === undefined && splitter.push(text).length > 0) tell(question, { written: (written = now()) });
    yield text;
  }
};

const release = app.get(Release, { strict: false });
const sentences = release.sentences.bind(release);
release.sentences = async function* (chunks, context) {
  let isFirst = context.promptText !== undefined; // what the model writes, and no text of our own
  for await (const sentence of sentences(chunks, context)) {
    if (isFirst) tell(context.question, { judged: now(), action: sentence.action });
    isFirst = false;
    yield sentence;
  }
};

await configureApplication(app, settings);
await app.get(ChatModelSupervisor, { strict: false }).settled();
await app.listen(0, '127.0.0.1');
answerParent(app.getHttpServer().address().port);
