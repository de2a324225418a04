// A server under measurement, in a process of its own.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from './machine.mjs';

/**
 * Starts bench/support/<script> and waits until it listens.
 * @param onMessage what the script tells beside its port and its usage
 */
export async function startChild(script, env, onMessage = () => {}) {
  const child = fork(join(root, 'bench', 'support', script), {
    execArgv: ['--disable-warning=ExperimentalWarning', '--expose-gc'],
    env: {
      ...process.env,
      HOST: '127.0.0.1',
      SANGDAM_CHAT_MODEL: 'none',
      SANGDAM_MESSAGES_PER_MINUTE: '100000',
      SANGDAM_CONNECTIONS_PER_ADDRESS: '100000',
      LOG_LEVEL: 'error',
      ...env,
    },
  });
  child.on('message', onMessage);
  const [{ port }] = await once(child, 'message');
  return {
    url: `http://127.0.0.1:${port}/chat`,
    /** Processor time in µs, and resident memory in bytes after a garbage collection, whose own time is left out. */
    async usage() {
      child.send('usage');
      for (;;) {
        const [message] = await once(child, 'message');
        if ('usage' in message) return message.usage;
      }
    },
    /** Something for the script itself. */
    send(message) {
      child.send(message);
    },
    async end() {
      child.send('end');
      await once(child, 'exit');
    },
  };
}

/** For the script's side: answers what `startChild` asks. */
export function answerParent(port) {
  const collecting = { user: 0, system: 0 };
  process.on('message', (ask) => {
    if (ask === 'end') process.exit();
    if (ask !== 'usage') return;
    const { user, system } = process.cpuUsage();
    const cpu = { user: user - collecting.user, system: system - collecting.system };
    globalThis.gc?.();
    const collected = process.cpuUsage({ user, system });
    collecting.user += collected.user;
    collecting.system += collected.system;
    process.send({ usage: { cpu, rss: process.memoryUsage().rss } });
  });
  process.on('disconnect', () => process.exit());
  process.send({ port });
}

/** Cores used between two usages. */
export function cores(before, after, seconds) {
  return (after.cpu.user + after.cpu.system - before.cpu.user - before.cpu.system) / 1e6 / seconds;
}
