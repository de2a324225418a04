/** So close to the end counts as the end, CSS pixels. A wide zone yanks readers back who scrolled up a little. */
const NEAR = 8;

/**
 * Follows a growing transcript without ever taking the reading position away: only from the very end, never beyond the
 * first line of the answer that is growing, and not at all once the reader has scrolled up.
 */
export class ScrollFollow {
  readonly #observer: ResizeObserver;
  #pinned = true;
  /** Where the last movement ended: only a way up from there is the reader's wish to stay. */
  #top = 0;

  /**
   * @param anchor the first line of the newest answer, above which following stops.
   * @param onPinned told when following ends or begins again.
   */
  constructor(
    private readonly scroller: HTMLElement,
    content: HTMLElement,
    private readonly anchor: () => HTMLElement | null,
    private readonly onPinned: (pinned: boolean) => void,
  ) {
    this.#observer = new ResizeObserver(() => this.#grown());
    this.#observer.observe(content);
    this.#observer.observe(scroller);
    scroller.addEventListener('scroll', this.#scrolled, { passive: true });
  }

  /** The customer's own message, or the button to the end: from here on it follows again. */
  pin(): void {
    this.#set(true);
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  stop(): void {
    this.#observer.disconnect();
    this.scroller.removeEventListener('scroll', this.#scrolled);
  }

  readonly #scrolled = (): void => {
    const up = this.scroller.scrollTop < this.#top - 1;
    this.#top = this.scroller.scrollTop;
    // Text that came since the last frame leaves a distance too: that is for #grown to follow.
    if (this.#distance() <= NEAR) this.#set(true);
    else if (up) this.#set(false);
  };

  #grown(): void {
    if (!this.#pinned) return;
    const end = this.scroller.scrollHeight - this.scroller.clientHeight;
    const anchor = this.anchor();
    const above = (element: HTMLElement): number => element.getBoundingClientRect().top;
    const limit = anchor ? above(anchor) - above(this.scroller) + this.scroller.scrollTop - NEAR : end;
    const target = Math.min(end, Math.max(limit, this.scroller.scrollTop));
    this.scroller.scrollTop = target;
    this.#top = target;
    if (end - target > NEAR) this.#set(false);
  }

  #distance(): number {
    return this.scroller.scrollHeight - this.scroller.clientHeight - this.scroller.scrollTop;
  }

  #set(pinned: boolean): void {
    if (this.#pinned === pinned) return;
    this.#pinned = pinned;
    this.onPinned(pinned);
  }
}
