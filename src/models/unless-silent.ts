import type { ChatGenerationChunk } from '@langchain/core/outputs';
import { HostFailure } from './host-failure.js';
import type { ChatTimes } from './model-settings.js';

/**
 * Passes a stream on, and aborts `attempt`, on whose signal the stream depends, where it says nothing for too long. The time
 * that the reader takes does not count.
 * @throws HostFailure `hung`, or whatever else `attempt` was aborted for.
 */
export async function* unlessSilent(
  chunks: AsyncIterable<ChatGenerationChunk>,
  { firstTokenMs, nextTokenMs }: Pick<ChatTimes, 'firstTokenMs' | 'nextTokenMs'>,
  attempt: AbortController,
): AsyncGenerator<ChatGenerationChunk> {
  const giveUp = (): void => attempt.abort(new HostFailure('hung'));
  let timer = setTimeout(giveUp, firstTokenMs);
  try {
    for await (const chunk of chunks) {
      // Some servers open with a chunk that holds no text, long before the first token.
      if (chunk.text !== '') clearTimeout(timer);
      yield chunk;
      if (chunk.text !== '') timer = setTimeout(giveUp, nextTokenMs);
    }
  } catch (error) {
    throw attempt.signal.aborted ? attempt.signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
  // OpenAI's client ends a stream that was aborted as if it were complete.
  attempt.signal.throwIfAborted();
}
