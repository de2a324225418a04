/** What lets this window go on with a conversation after a reload. */
export interface SavedConversation {
  conversationId: string;
  resumeToken: string;
  /** It was opened with the token of a signed-in customer, and goes on with one alone. */
  identified: boolean;
}

/**
 * One text in sessionStorage: it ends with the window, since computers are shared. Where a browser blocks storage it lives
 * in memory, and only a reload loses it.
 */
export class SessionItem {
  #memory: string | undefined;

  constructor(private readonly key: string) {}

  get(): string | undefined {
    try {
      this.#memory = sessionStorage.getItem(this.key) ?? this.#memory;
    } catch {
      // Blocked storage throws at access: the memory serves.
    }
    return this.#memory;
  }

  set(value: string | undefined): void {
    this.#memory = value;
    try {
      if (value === undefined) sessionStorage.removeItem(this.key);
      else sessionStorage.setItem(this.key, value);
    } catch {
      // As above.
    }
  }
}

/** The resume token of this window's conversation. */
export class SessionStore {
  readonly #item: SessionItem;

  /** @param key distinguishes the services that one page may embed. */
  constructor(key: string) {
    this.#item = new SessionItem(key);
  }

  read(): SavedConversation | undefined {
    try {
      const saved = JSON.parse(this.#item.get() ?? '{}') as Partial<SavedConversation>;
      const { conversationId, resumeToken, identified = false } = saved;
      return conversationId && resumeToken ? { conversationId, resumeToken, identified } : undefined;
    } catch {
      return undefined;
    }
  }

  write(saved: SavedConversation): void {
    this.#item.set(JSON.stringify(saved));
  }

  forget(): void {
    this.#item.set(undefined);
  }
}
