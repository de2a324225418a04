import type { ChatModel } from '../models/chat-model.js';

/** How often is looked whether the model is ready, milliseconds. */
const POLL = 200;

/** Waits until the chat model is ready, or known not to come. */
export async function chatModelSettled(model: ChatModel, signal: AbortSignal): Promise<void> {
  while (['fetching', 'loading'].includes(model.status().state) && !signal.aborted)
    await new Promise((resolve) => setTimeout(resolve, POLL));
}
