/** Pieces of text from a pushing side to one reader. What was pushed before an end or a failure is still read. */
export class TextStream implements AsyncIterable<string> {
  private readonly pieces: string[] = [];
  private ending: { error?: unknown } | undefined;
  private wake: () => void = () => {};

  push(piece: string): void {
    if (this.ending) return;
    this.pieces.push(piece);
    this.wake();
  }

  end(): void {
    this.ending ??= {};
    this.wake();
  }

  fail(error: unknown): void {
    this.ending ??= { error };
    this.wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string, void, undefined> {
    for (;;) {
      while (this.pieces.length > 0) yield this.pieces.shift()!;
      if (this.ending) {
        if ('error' in this.ending) throw this.ending.error;
        return;
      }
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}
