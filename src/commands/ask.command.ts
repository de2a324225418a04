import { AppError } from '../config/app-error.js';
import { Clock } from '../config/clock.js';
import { askOnce, type AskMessage } from '../conversation/ask-once.js';
import { Turn } from '../conversation/turn.js';
import { NamedEntities } from '../privacy/index.js';
import { ChatModel } from '../models/chat-model.js';
import { chatModelSettled } from './chat-model-settled.js';
import type { Command } from './command.js';
import { Fields } from './fields.js';

/** `{id,text}` or `{id,messages:[{role,content}…]}` → `{id,answer,sentences,finish,timings}`. */
export const askCommand: Command = {
  name: 'ask',
  description: 'Ask a question: {id,text} or {id,messages:[{role,content}…]} → {id,answer,sentences,finish,timings}',
  options: [
    { flags: '--wait', description: 'wait until the language model is ready or known to be missing', default: false },
  ],
  reads: true,
  needs: 'application',
  async *run({ input, options, locale, signal }, application) {
    const turn = application!.get(Turn, { strict: false });
    const clock = application!.get(Clock, { strict: false });
    const entities = application!.get(NamedEntities, { strict: false });
    if (options.wait) await chatModelSettled(application!.get(ChatModel, { strict: false }), signal);
    for await (const line of input) {
      const fields = new Fields(line);
      const messages: AskMessage[] = fields.has('messages')
        ? toMessages(fields.objects('messages'), line.line)
        : [{ role: 'user', content: fields.text('text') }];
      yield { id: fields.id, ...(await askOnce(turn, clock, messages, locale, signal, entities)) };
    }
  },
};

function toMessages(given: readonly Record<string, unknown>[], line: number): AskMessage[] {
  const messages = given.map(({ role, content }): AskMessage => {
    if ((role !== 'user' && role !== 'assistant') || typeof content !== 'string')
      throw AppError.of('command.line', { line, expected: '"messages": {role: user|assistant, content: string}' });
    return { role, content };
  });
  if (messages.at(-1)?.role !== 'user')
    throw AppError.of('command.line', { line, expected: '"messages": the last one from the user' });
  return messages;
}
