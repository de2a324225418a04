// llama.cpp's server as the host of the chat model (scripts/ci-llama-server.sh installs it), and how its requests are steered so that
// two clients give it the same work.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { splitSentences } from '../../dist/text/sentences.js';
import { root } from './machine.mjs';

const PYTHON =
  process.env.SANGDAM_TEST_LLAMA_SERVER_PYTHON || join(root, 'node_modules', '.cache', 'llama-server', 'bin', 'python');

/** Resolves when the server answers. */
export async function startLlamaHost({ model, slots, threads }) {
  if (!existsSync(PYTHON)) throw new Error('no llama-server: run scripts/ci-llama-server.sh');
  const port = await freePort();
  const flags = { model, alias: 'bench', port, slots, context: 2048, threads };
  const server = spawn(
    PYTHON,
    [
      join(root, 'test', 'support', 'llama-server.py'),
      ...Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, String(value)]),
    ],
    { stdio: ['pipe', 'pipe', 'ignore'] },
  );
  const ended = once(server, 'exit');
  await Promise.race([
    once(server.stdout, 'data'),
    ended.then(() => Promise.reject(new Error('the llama-server ended'))),
  ]);
  return {
    url: `http://127.0.0.1:${port}/v1`,
    /** Tokens since its start: generated, and of prompts that were not in a cache. */
    async tokens() {
      const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      const total = (what) => Number(new RegExp(`^llamacpp:${what}_total (.+)$`, 'm').exec(metrics)[1]);
      return { generated: total('tokens_predicted'), read: total('prompt_tokens') };
    },
    async end() {
      server.stdin.end();
      await ended;
    },
  };
}

/** What a prompt of prompts/answer.yaml (`write`) asks, and the first sentence of its first source. */
export function readPrompt({ messages }) {
  const [, sources, question] = /^\[자료\]\n(.*)\n\n\[질문\]\n(.*?)\s*$/s.exec(messages.at(-1).content);
  const [sentence] = splitSentences(/^1\) (.*?)(?=\n2\) |$)/s.exec(sources)[1]);
  return { question, sentence };
}

/**
 * A request with its own slot, whose cache holds the prompt, and
 * - `free`: so many tokens, whatever they say;
 * - `copy`: a grammar through which nothing but the first sentence of the first source can be written.
 */
export function steered(body, { slot, mode, tokens }) {
  const steering =
    mode === 'copy'
      ? { grammar: `root ::= ${JSON.stringify(readPrompt(body).sentence)}` }
      : { max_tokens: tokens, ignore_eos: true };
  return JSON.stringify({ ...body, id_slot: slot, ...steering });
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
