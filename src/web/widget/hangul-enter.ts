/** What the text field tells about a key press of Enter. */
export interface EnterPress {
  /** `KeyboardEvent.isComposing`, or keyCode 229, by which some browsers say the same. */
  composing: boolean;
  shift: boolean;
  /** Milliseconds, of any monotonic clock. */
  at: number;
}

/**
 * `send`: now. `send-soon`: once the browser has committed the text (compositionend, then a task). `swallow`: nothing
 * happens. `newline`: the browser does what it does.
 */
export type EnterOutcome = 'send' | 'send-soon' | 'swallow' | 'newline';

/** A clean Enter so long after the composing one is a new press: the compositionend must have got lost, milliseconds. */
const LOST_AFTER = 500;

const HANGUL_TAIL = /[\u1100-\u11FF\u3130-\u318F\uA960-\uA97F\uAC00-\uD7FF]$/;

/**
 * Enter under a Korean input method. The last syllable is still being composed when Enter is pressed: sending at once
 * cuts it off or sends it twice, and ignoring the key makes people press it twice. So the press is remembered and the
 * message goes once, when the composition has ended. Knows no DOM; the composer feeds it.
 *
 * macOS, Linux: Enter (composing), compositionend, perhaps a line break in the text.
 * Windows: a second, clean Enter may come before or after compositionend.
 * Safari: compositionend comes first, then Enter with keyCode 229.
 * compositionend can get lost altogether.
 */
export class HangulEnter {
  #tail = '';
  #pendingSince: number | undefined;

  /** Enter was pressed in a composition and the message is still to go. */
  get pending(): boolean {
    return this.#pendingSince !== undefined;
  }

  compositionStart(): void {
    this.#tail = '';
  }

  compositionUpdate(text: string): void {
    this.#tail = text;
  }

  /** True where the message is to be sent one task later. */
  compositionEnd(): boolean {
    return this.pending;
  }

  enter({ composing, shift, at }: EnterPress): EnterOutcome {
    if (shift) return 'newline';
    if (composing) {
      // Japanese and Chinese choose a candidate by Enter: that is no wish to send.
      if (!HANGUL_TAIL.test(this.#tail)) return 'newline';
      this.#pendingSince ??= at;
      return 'send-soon';
    }
    if (this.#pendingSince !== undefined && at - this.#pendingSince < LOST_AFTER) return 'swallow';
    this.#pendingSince = undefined;
    return 'send';
  }

  /** Text was typed outside a composition: a press that still waits has lost its compositionend. */
  plainInput(): void {
    this.#pendingSince = undefined;
  }

  /** The message that was waiting goes now. */
  sent(): void {
    this.#pendingSince = undefined;
  }
}
