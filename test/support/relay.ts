import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';

/** A TCP relay to a server, which a test can cut and restore: to the client it looks as if the server had gone and come back. */
export class Relay {
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  private constructor(
    private readonly target: { host: string; port: number },
    private listening: number,
  ) {}

  static async to(target: { host: string; port: number }): Promise<Relay> {
    const relay = new Relay(target, 0);
    await relay.restore();
    return relay;
  }

  get port(): number {
    return this.listening;
  }

  /** Resets every connection and refuses new ones. */
  async cut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = server && new Promise((resolve) => server.close(resolve));
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  /** Takes connections again, on the same port. */
  async restore(): Promise<void> {
    await this.#listen((client) => {
      const upstream = connect(this.target);
      this.#track(client, upstream);
      client.pipe(upstream).pipe(client);
    });
  }

  /** Takes connections, but nothing answers on them: a machine that is stuck. */
  async stall(): Promise<void> {
    await this.cut();
    await this.#listen((client) => this.#track(client));
  }

  async #listen(take: (client: Socket) => void): Promise<void> {
    const server = createServer(take);
    await new Promise<void>((resolve) => server.listen(this.listening, '127.0.0.1', resolve));
    this.listening = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  #track(...ends: Socket[]): void {
    for (const end of ends) {
      this.#sockets.add(end);
      end.on('error', () => undefined);
      end.on('close', () => {
        this.#sockets.delete(end);
        for (const other of ends) other.destroy();
      });
    }
  }
}
