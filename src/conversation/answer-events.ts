import type { CitedSource, ConversationState, Finish, NewEvent, NoticeKind, Origin, Signal } from './events.js';

/** An event to commit (with the state that the conversation takes by it), or a signal to pass on. */
export type TurnStep = { event: NewEvent; state?: ConversationState } | { signal: Signal };

/** Makes the events of one answer and counts its sentences. */
export class AnswerEvents {
  readonly #texts = new Set<string>();
  #index = 0;

  constructor(
    private readonly conversation: string,
    private readonly turn: number,
  ) {}

  /** For the audit log. */
  get origin(): { conversation: string; turn: number } {
    return { conversation: this.conversation, turn: this.turn };
  }

  get count(): number {
    return this.#texts.size;
  }

  get said(): string[] {
    return [...this.#texts];
  }

  has(sentence: string): boolean {
    return this.#texts.has(sentence);
  }

  sentence(origin: Origin, sentence: string, sources: CitedSource[]): TurnStep {
    this.#texts.add(sentence);
    return {
      event: {
        type: 'answer.sentence',
        origin,
        data: { turn: this.turn, index: this.#index++, text: sentence, sources },
      },
    };
  }

  *sentences(origin: Origin, sentences: readonly string[]): Generator<TurnStep> {
    for (const sentence of sentences) yield this.sentence(origin, sentence, []);
  }

  notice(kind: NoticeKind, notice: string): TurnStep {
    return { event: { type: 'notice', origin: 'system', data: { text: notice, kind } } };
  }

  withheld(reason: string): TurnStep {
    return { event: { type: 'answer.withheld', origin: 'system', data: { turn: this.turn, text: reason } } };
  }

  completed(finish: Finish, choices?: string[]): TurnStep {
    return {
      event: {
        type: 'answer.completed',
        origin: 'system',
        data: { turn: this.turn, finish, ...(choices ? { choices } : {}) },
      },
    };
  }
}
