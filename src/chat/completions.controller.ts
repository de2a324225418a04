import {
  All,
  Controller,
  Get,
  HttpCode,
  Post,
  Req,
  Res,
  UseFilters,
  type BeforeApplicationShutdown,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import { AppError } from '../config/app-error.js';
import { Clock, Ids } from '../config/clock.js';
import { localeOf } from '../config/texts.js';
import { askInPieces, type AskMessage, type AskResult } from '../conversation/ask-once.js';
import type { Finish } from '../conversation/events.js';
import { Turn } from '../conversation/turn.js';
import { NamedEntities } from '../privacy/index.js';
import type { ModelReason } from '../models/model-reason.js';
import { ApiAccess } from './api-access.js';
import { MODEL, parseCompletionRequest, type CompletionRequest } from './completion-request.js';
import { EventStream } from './event-stream.js';
import { readJson } from './json-body.js';
import { OpenAiErrors } from './openai-errors.js';

/**
 * The assistant for the bank's own systems, as OpenAI's chat completions: each request is one turn, masked, guarded and
 * released like a customer's, and nothing of it is stored. docs/api.md says what each parameter does.
 */
@Controller('v1')
@UseFilters(new OpenAiErrors())
export class CompletionsController implements BeforeApplicationShutdown {
  readonly #closing = new AbortController();

  constructor(
    private readonly access: ApiAccess,
    private readonly turn: Turn,
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly entities: NamedEntities,
  ) {}

  /** The server waits for responses under way: they end now. */
  beforeApplicationShutdown(): void {
    this.#closing.abort();
  }

  @Get('models')
  models(@Req() request: Request): object {
    this.access.check(request);
    return { object: 'list', data: [{ id: MODEL, object: 'model', created: 0, owned_by: 'sangdam' }] };
  }

  @Post('chat/completions')
  @HttpCode(200)
  async complete(@Req() request: Request, @Res() response: Response): Promise<void> {
    this.access.check(request);
    const over = await this.access.begin();
    try {
      const locale = localeOf(request.headers['accept-language']);
      const asked = parseCompletionRequest(await readJson(request, locale), locale);
      const gone = new AbortController();
      response.once('close', () => gone.abort());
      const signal = AbortSignal.any([gone.signal, this.#closing.signal]);
      const answer = askInPieces(this.turn, this.clock, asked.messages, locale, signal, this.entities);
      if (asked.stream) await this.#stream(asked, answer, response);
      else await this.#whole(asked, answer, response);
    } catch (error) {
      throw this.#closing.signal.aborted ? AppError.of('model.unavailable', { reason: CLOSED }) : error;
    } finally {
      over();
    }
  }

  @All('*path')
  unknown(): never {
    throw AppError.of('api.unknown-path');
  }

  async #whole(asked: CompletionRequest, answer: Answer, response: Response): Promise<void> {
    let step = await answer.next();
    while (!step.done) step = await answer.next();
    const result = this.#ended(step.value);
    const message = { role: 'assistant', content: result.answer, refusal: null };
    response.setHeader('cache-control', 'no-store').json({
      ...this.#head('chat.completion'),
      choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason(result.finish) }],
      usage: usage(asked.messages, result),
      sangdam: extension(asked, result),
    });
  }

  /** One chunk for each verified sentence; the last one says how the answer ended. */
  async #stream(asked: CompletionRequest, answer: Answer, response: Response): Promise<void> {
    const events = new EventStream(response);
    const head = this.#head('chat.completion.chunk');
    const none = asked.includeUsage ? { usage: null } : {};
    const chunk = (delta: object, finish: string | null, more: object = {}): object => ({
      ...head,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      ...none,
      ...more,
    });
    let step = await answer.next();
    for (let first = true; !step.done; step = await answer.next(), first = false)
      await events.send(chunk({ ...(first ? { role: 'assistant' } : {}), content: step.value }, null));
    const result = this.#ended(step.value);
    await events.send(chunk({}, finishReason(result.finish), { sangdam: extension(asked, result) }));
    if (asked.includeUsage) await events.send({ ...head, choices: [], usage: usage(asked.messages, result) });
    events.end();
  }

  /** The result, if it is not the service's own end that cut it short. */
  #ended(result: AskResult): AskResult {
    if (result.finish === 'stopped') this.#closing.signal.throwIfAborted();
    return result;
  }

  #head(object: string): object {
    const created = Math.floor(this.clock.now().getTime() / 1000);
    return { id: `chatcmpl-${this.ids.next()}`, object, created, model: MODEL };
  }
}

const CLOSED: ModelReason = 'closed';

type Answer = AsyncGenerator<string, AskResult, undefined>;

/** What OpenAI has no field for; its clients pass it on. */
function extension({ ignored }: CompletionRequest, { answer: _inMessage, ...rest }: AskResult): object {
  return { ...rest, ...(ignored.length > 0 ? { ignored } : {}) };
}

function finishReason(finish: Finish): 'stop' | 'length' | 'content_filter' {
  switch (finish) {
    case 'refused':
    case 'withheld':
      return 'content_filter';
    case 'failed':
    case 'stopped':
      return 'length';
    default:
      return 'stop';
  }
}

/** Characters of Korean a token, as of the default model. Most answers are made without a model: this is an estimate for budgets. */
const CHARACTERS_A_TOKEN = 1.5;

function usage(messages: readonly AskMessage[], { answer }: AskResult): object {
  const tokens = (characters: number): number => Math.ceil(characters / CHARACTERS_A_TOKEN);
  const prompt = tokens(messages.reduce((sum, { content }) => sum + content.length, 0));
  const completion = tokens(answer.length);
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}
