import type { WriteStream } from 'node:tty';

const WIDTH = 30;

/** One line of progress on a terminal; nothing in a pipe. */
export class ProgressBar {
  #shown = false;

  constructor(private readonly stream: WriteStream) {}

  /** Returns whether there is anybody to see it. */
  show({ what, done, of }: { what: string; done: number; of: number }): boolean {
    if (!this.stream.isTTY) return false;
    const share = of > 0 ? Math.min(1, done / of) : 0;
    const filled = Math.round(share * WIDTH);
    const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
    this.stream.write(`\r\u001b[2K${bar} ${String(Math.floor(share * 100)).padStart(3)}% ${what}`);
    this.#shown = true;
    return true;
  }

  clear(): void {
    if (this.#shown) this.stream.write('\r\u001b[2K');
    this.#shown = false;
  }
}
