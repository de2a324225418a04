/** Screen readers drop nodes that come closer together, milliseconds. */
const PAUSE = 400;
/** Read nodes that stay in the region. */
const KEPT = 12;

/**
 * Speaks to screen readers through two hidden polite regions that exist from the start (late ones are skipped): one for
 * the state, one for messages with a node per sentence. The transcript itself is silent, so history is never read.
 */
export class Announcer {
  readonly #waiting: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly status: HTMLElement,
    private readonly messages: HTMLElement,
  ) {}

  /** Builds both regions inside `parent`. */
  static in(parent: HTMLElement): Announcer {
    return new Announcer(region(parent, 'status'), region(parent, 'messages'));
  }

  /** What the service is doing. The same text again is spoken again. */
  state(text: string): void {
    this.status.replaceChildren(line(text));
  }

  message(text: string): void {
    this.#waiting.push(text);
    if (this.#timer === undefined) this.#next();
  }

  #next(): void {
    const text = this.#waiting.shift();
    this.#timer = text === undefined ? undefined : setTimeout(() => this.#next(), PAUSE);
    if (text === undefined) return;
    this.messages.append(line(text));
    while (this.messages.childElementCount > KEPT) this.messages.firstElementChild?.remove();
  }
}

function region(parent: HTMLElement, name: string): HTMLElement {
  const element = document.createElement('div');
  element.className = 'hidden';
  element.setAttribute('role', name === 'status' ? 'status' : 'log');
  element.setAttribute('aria-live', 'polite');
  element.setAttribute('aria-relevant', 'additions');
  element.dataset['region'] = name;
  return parent.appendChild(element);
}

function line(text: string): HTMLElement {
  const element = document.createElement('p');
  element.textContent = text;
  return element;
}
