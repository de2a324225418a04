type SocketClient = typeof import('./socket-io.js');

let loading: Promise<SocketClient> | undefined;
let attempts = 0;

/**
 * The Socket.IO client, a file of its own beside the script: a third of the whole, and most visitors of a bank's page never
 * open the chat. An import is no sink of Trusted Types, and `script-src` allows it with the script.
 * @throws TypeError where it cannot be fetched; the next call tries again.
 */
export function socketClient(folder: string): Promise<SocketClient> {
  // Browsers remember that an address failed.
  const name = attempts === 0 ? 'widget.socket.js' : `widget.socket.js?${attempts}`;
  loading ??= import(/* @vite-ignore */ new URL(name, folder).href).catch((error: unknown) => {
    loading = undefined;
    attempts++;
    throw error;
  });
  return loading;
}
