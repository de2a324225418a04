import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { shipped } from '../config/package-root.js';
import type { ModelCapability, PromptMessage } from '../models/chat-model.js';

interface PromptTemplate {
  system: string;
  user: string;
  examples: { sources: string[]; question: string; answer: string }[];
}

/** How a writing model is asked once more. */
interface AgainTemplate {
  again: string;
  /** What is wrong with a sentence, by the rule that it broke. */
  complaints: Record<string, string>;
}

const file = parse(readFileSync(shipped('prompts', 'answer.yaml'), 'utf8')) as {
  version: number;
} & { select: PromptTemplate; write: PromptTemplate & AgainTemplate };

/** The instructions that must never come out again. */
export const ANSWER_INSTRUCTIONS = [file.select.system, file.write.system, file.write.again].join('\n');

/** What a writing model says where the sources do not answer. */
export const NO_ANSWER = /^[\s"'“]*없음/;

/**
 * The messages that ask for an answer from numbered texts: sentences for a model that may `select` (it names numbers),
 * whole sources for one that may `write`.
 */
export function answerPrompt(capability: ModelCapability, texts: readonly string[], question: string): PromptMessage[] {
  const template = file[capability];
  return [
    { role: 'system', content: template.system },
    ...template.examples.flatMap((example): PromptMessage[] => [
      { role: 'user', content: fill(template.user, example.sources, example.question) },
      { role: 'assistant', content: example.answer },
    ]),
    { role: 'user', content: fill(template.user, texts, question) },
  ];
}

/**
 * The same question once more, with what was wrong with the first answer.
 * @param rules that its withheld sentences broke
 * @param said sentences that went out already
 */
export function secondPrompt(
  messages: readonly PromptMessage[],
  rules: readonly string[],
  said: readonly string[],
): PromptMessage[] {
  const { again, complaints } = file.write;
  const reasons = [...new Set(rules.flatMap((rule) => complaints[rule] ?? []))].join(', ');
  const complaint = again.replace('{complaints}', reasons);
  if (said.length > 0)
    return [...messages, { role: 'assistant', content: said.join(' ') }, { role: 'user', content: complaint }];
  const last = messages.at(-1)!;
  return [...messages.slice(0, -1), { ...last, content: `${last.content}\n\n${complaint}` }];
}

function fill(template: string, texts: readonly string[], question: string): string {
  const numbered = texts.map((text, index) => `${index + 1}) ${text}`).join('\n');
  return template.replace(/\{(sources|question)\}/g, (_, name: string) => (name === 'sources' ? numbered : question));
}
