import { AppError } from '../config/app-error.js';
import { text, type Locale } from '../config/texts.js';
import type { AskMessage } from '../conversation/ask-once.js';
import { refuseUnacceptable } from '../conversation/conversations.js';
import { printable } from './protocol.js';

/** The one model that the endpoint offers: the assistant as a whole. */
export const MODEL = 'sangdam';
/** More than a turn looks at in a stored conversation, which is 40 events. */
export const MESSAGES_LIMIT = 50;

export interface CompletionRequest {
  messages: AskMessage[];
  stream: boolean;
  includeUsage: boolean;
  /** What the caller sent and what has no effect here, as paths: `temperature`, `messages.0`. */
  ignored: string[];
}

/** Parameters that would change the shape or the meaning of the answer, with the values that do not. Null changes nothing. */
export const RESTRICTED: Readonly<Record<string, (value: unknown) => boolean>> = {
  n: (value) => value === 1,
  stop: isEmptyList,
  tools: isEmptyList,
  functions: isEmptyList,
  tool_choice: (value) => value === 'none' || value === 'auto',
  function_call: (value) => value === 'none' || value === 'auto',
  response_format: (value) => isObject(value) && value.type === 'text',
  logprobs: (value) => value === false,
  modalities: (value) => Array.isArray(value) && value.every((modality) => modality === 'text'),
  audio: () => false,
  web_search_options: () => false,
};
const UNDERSTOOD = new Set(['model', 'messages', 'stream', 'stream_options']);

/**
 * A body of `POST /v1/chat/completions`. What would only steer a model (temperature, a system message) has no effect and is
 * named in `ignored`; what would change the shape or the meaning of the answer is refused.
 * @throws AppError `input.invalid`, `parameter.unsupported`, `limit.messages`, `message.*`
 */
export function parseCompletionRequest(body: unknown, locale: Locale): CompletionRequest {
  const fault = new Fault(locale);
  if (!isObject(body)) throw fault.type('body', 'object');
  const { model, messages, stream = false, stream_options: options } = body;
  if (typeof model !== 'string') throw fault.type('model', 'string');
  if (model !== MODEL) throw fault.value('model', MODEL);
  if (stream !== null && typeof stream !== 'boolean') throw fault.type('stream', 'boolean');
  for (const [name, changesNothing] of Object.entries(RESTRICTED)) {
    const value = body[name] ?? null;
    if (value !== null && !changesNothing(value)) throw AppError.of('parameter.unsupported', { field: name });
  }
  const ignored = Object.keys(body).filter((name) => !UNDERSTOOD.has(name) && !Object.hasOwn(RESTRICTED, name));
  const conversation = parseMessages(messages, ignored, fault);
  return {
    messages: conversation,
    stream: stream === true,
    includeUsage: isObject(options) && options.include_usage === true,
    ignored: ignored.map(printable),
  };
}

function parseMessages(given: unknown, ignored: string[], fault: Fault): AskMessage[] {
  if (!Array.isArray(given) || given.length === 0) throw fault.type('messages', 'array');
  if (given.length > MESSAGES_LIMIT)
    throw AppError.of('limit.messages', { field: 'messages', limit: MESSAGES_LIMIT, count: given.length });
  const messages: AskMessage[] = [];
  for (const [index, message] of given.entries()) {
    const path = `messages.${index}`;
    if (!isObject(message)) throw fault.type(path, 'object');
    switch (message.role) {
      case 'system':
      case 'developer':
        ignored.push(path);
        break;
      case 'user':
      case 'assistant': {
        const content = contentOf(message.content, `${path}.content`, fault);
        // An answer of which the caller got nothing before it was cut off stands in histories as an empty one.
        if (message.role === 'assistant' && content === '') break;
        refuseUnacceptable(content, `${path}.content`);
        messages.push({ role: message.role, content });
        break;
      }
      default:
        throw fault.value(`${path}.role`, 'system, developer, user, assistant');
    }
  }
  const last = given.length - 1;
  if (given[last].role !== 'user') throw fault.value(`messages.${last}.role`, 'user');
  return messages;
}

/** A string, or parts of type `text`. */
function contentOf(content: unknown, path: string, fault: Fault): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) throw fault.type(path, 'string');
  return content
    .map((part, index) => {
      if (!isObject(part)) throw fault.type(`${path}.${index}`, 'object');
      if (part.type !== 'text') throw AppError.of('parameter.unsupported', { field: `${path}.${index}.type` });
      if (typeof part.text !== 'string') throw fault.type(`${path}.${index}.text`, 'string');
      return part.text;
    })
    .join('\n');
}

/** Makes the error of a field that is not what was expected. */
class Fault {
  constructor(private readonly locale: Locale) {}

  type(field: string, type: string): AppError {
    return AppError.of('input.invalid', { field, expected: text('schema.type', { type }, this.locale) });
  }

  value(field: string, allowedValues: string): AppError {
    return AppError.of('input.invalid', { field, expected: text('schema.enum', { allowedValues }, this.locale) });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
