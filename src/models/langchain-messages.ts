import {
  AIMessage,
  AIMessageChunk,
  HumanMessage,
  SystemMessage,
  type BaseMessage,
  type MessageContent,
} from '@langchain/core/messages';
import { ChatGenerationChunk, type ChatResult } from '@langchain/core/outputs';
import type { PromptMessage } from './chat-model.js';

export function toLangChain(messages: readonly PromptMessage[]): BaseMessage[] {
  return messages.map(({ role, content }) => {
    switch (role) {
      case 'system':
        return new SystemMessage(content);
      case 'user':
        return new HumanMessage(content);
      case 'assistant':
        return new AIMessage(content);
    }
  });
}

export function fromLangChain(messages: readonly BaseMessage[]): PromptMessage[] {
  return messages.map((message) => ({ role: roleOf(message), content: message.text }));
}

export function textChunk(text: string): ChatGenerationChunk {
  return new ChatGenerationChunk({ text, message: new AIMessageChunk(text) });
}

/** The whole answer of a streaming model. */
export async function gathered(chunks: AsyncIterable<ChatGenerationChunk>): Promise<ChatResult> {
  let text = '';
  for await (const chunk of chunks) text += chunk.text;
  return { generations: [{ text, message: new AIMessage(text) }] };
}

/** Characters of Korean a token of Qwen2.5, measured; English has more, so this never counts too few. */
const CHARACTERS_A_TOKEN = 1.5;

/** For `getNumTokens`: LangChain's own fetches an encoding file from a public site. */
export function estimatedTokens(content: MessageContent): number {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return Math.ceil(text.length / CHARACTERS_A_TOKEN);
}

/** Anything that is not the system or the model speaks as the user: tool results and custom roles have no place here. */
function roleOf(message: BaseMessage): PromptMessage['role'] {
  switch (message.getType()) {
    case 'system':
    case 'developer':
      return 'system';
    case 'ai':
      return 'assistant';
    default:
      return 'user';
  }
}
