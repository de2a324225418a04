/** What lets this window go on with a conversation after a reload. */
export interface SavedConversation {
  conversationId: string;
  resumeToken: string;
}

/**
 * The resume token in sessionStorage: it ends with the window, since computers are shared. Where a browser blocks storage
 * it lives in memory, and only a reload loses it.
 */
export class SessionStore {
  #memory: SavedConversation | undefined;

  /** @param key distinguishes the services that one page may embed. */
  constructor(private readonly key: string) {}

  read(): SavedConversation | undefined {
    try {
      const stored = sessionStorage.getItem(this.key);
      if (stored !== null) this.#memory = parse(stored);
    } catch {
      // Blocked storage throws at access: the memory serves.
    }
    return this.#memory;
  }

  write(saved: SavedConversation): void {
    this.#memory = saved;
    try {
      sessionStorage.setItem(this.key, JSON.stringify(saved));
    } catch {
      // As above.
    }
  }

  forget(): void {
    this.#memory = undefined;
    try {
      sessionStorage.removeItem(this.key);
    } catch {
      // As above.
    }
  }
}

function parse(stored: string): SavedConversation | undefined {
  try {
    const { conversationId, resumeToken } = JSON.parse(stored) as Partial<SavedConversation>;
    return conversationId && resumeToken ? { conversationId, resumeToken } : undefined;
  } catch {
    return undefined;
  }
}
