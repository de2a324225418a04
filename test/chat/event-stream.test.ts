import type { Response } from 'express';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { EventStream } from '../../src/chat/event-stream.js';

/** More than the buffers of a connection on this machine hold. */
const LARGE = { text: 'x'.repeat(32 * 1024 * 1024) };

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A stream to a client that does not read, and the send that fills the connection. */
async function full(): Promise<{ waiting: Promise<void>; client: IncomingMessage }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const request = get({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  cleanups.push(
    () => server.close(),
    () => request.destroy(),
  );
  request.on('error', () => undefined);
  const responding = once(request, 'response') as Promise<[IncomingMessage]>;
  const [, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
  const waiting = new EventStream(response as Response).send(LARGE);
  const [client] = await responding;
  return { waiting, client };
}

describe('an event stream whose client does not read', () => {
  it('makes the sender wait until it does', async () => {
    const { waiting, client } = await full();
    let sent = false;
    void waiting.then(() => (sent = true));
    for (let turn = 0; turn < 100; turn++) await setImmediate();
    expect(sent).toBe(false);
    client.resume();
    await waiting;
  });

  it('lets the sender go on when the client is gone', async () => {
    const { waiting, client } = await full();
    client.destroy();
    await waiting;
  });
});
