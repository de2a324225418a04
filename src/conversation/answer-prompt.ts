import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { shipped } from '../config/package-root.js';
import type { ModelCapability, PromptMessage } from '../models/chat-model.js';

interface PromptTemplate {
  system: string;
  user: string;
  examples: { sources: string; question: string; answer: string }[];
}

const file = parse(readFileSync(shipped('prompts', 'answer.yaml'), 'utf8')) as {
  version: number;
} & Record<ModelCapability, PromptTemplate>;

export const ANSWER_PROMPT_VERSION = `answer@${file.version}`;

/** The instructions that must never come out again. */
export const ANSWER_INSTRUCTIONS = `${file.select.system}\n${file.write.system}`;

/** What the model says where the sources do not answer. */
export const NO_ANSWER = /^[\s"'“]*없음/;

const fill = (template: string, sources: string, question: string): string =>
  template.replace(/\{(sources|question)\}/g, (_, name: string) => (name === 'sources' ? sources : question));

/** The messages that ask for an answer from `sources` (numbered texts), in the form for what the model is able to do. */
export function answerPrompt(
  capability: ModelCapability,
  sources: readonly string[],
  question: string,
): PromptMessage[] {
  const template = file[capability];
  const numbered = sources.map((source, index) => `${index + 1}. ${source}`).join('\n');
  return [
    { role: 'system', content: template.system },
    ...template.examples.flatMap((example): PromptMessage[] => [
      { role: 'user', content: fill(template.user, example.sources.trim(), example.question) },
      { role: 'assistant', content: example.answer },
    ]),
    { role: 'user', content: fill(template.user, numbered, question) },
  ];
}
