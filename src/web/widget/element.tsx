import { render } from 'preact';
import { Announcer } from './announcer.js';
import { Chat } from './chat.js';
import { applyColours } from './colours.js';
import { tell, tellChanges } from './page-events.js';
import { socketClient } from './socket-client.js';
import { speak } from './speak.js';
import { styleSheet } from './styles.js';
import { localeOf, textsFor, type Texts } from './texts.js';
import type { BankFacts } from './welcome.js';
import { Widget, type WindowControl } from './widget.js';

const TAG = 'sangdam-chat';
/** The script's own tag; known only while the script runs for the first time. */
const script = document.currentScript instanceof HTMLScriptElement ? document.currentScript : undefined;
const SCRIPT = script?.src || location.href;

/** All attributes; docs/widget.md says what they do. `theme` may change at any time, the others count at insertion. */
const ATTRIBUTES = [
  'lang',
  'server',
  'theme',
  'heading',
  'greeting',
  'texts',
  'privacy-href',
  'hours',
  'starters',
  'position',
  'offset-x',
  'offset-y',
  'auto-open',
  'identity',
] as const;

/** Further from the corner nobody looks for a chat button, CSS pixels. */
const MAX_OFFSET = 200;

/** `<sangdam-chat>`: the customers' chat on a bank's page. */
class SangdamChat extends HTMLElement {
  static readonly observedAttributes = ['theme'];
  #root: HTMLElement | undefined;
  #chat: Chat | undefined;
  #window: WindowControl | undefined;
  #identity: string | undefined;
  /** A text to open with, asked for before the window could be. */
  #wanted: string | undefined;
  #leave: (() => void)[] = [];

  connectedCallback(): void {
    const shadow = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    shadow.adoptedStyleSheets = [styleSheet()];
    const root = document.createElement('div');
    root.className = 'root';
    shadow.replaceChildren(root);
    this.#root = root;
    this.#place(root);
    this.#follow('(prefers-color-scheme: dark)');
    this.#follow('(prefers-contrast: more)');
    void this.#start(root);
  }

  disconnectedCallback(): void {
    if (this.#root) render(null, this.#root.firstElementChild ?? this.#root);
    for (const leave of this.#leave.splice(0)) leave();
    this.#chat?.close();
    this.#root = this.#chat = this.#window = undefined;
  }

  attributeChangedCallback(): void {
    this.#paint();
  }

  /** Opens the window; with a text, puts it into the message field, to be sent or changed. */
  open(draft = ''): void {
    if (this.#window) this.#window.open(draft);
    else this.#wanted = draft;
  }

  close(): void {
    this.#wanted = undefined;
    this.#window?.close();
  }

  /** The token of the customer who is signed in at the bank's page; null after signing out. */
  setIdentity(token: string | null): void {
    this.#identity = token ?? undefined;
    this.#chat?.setIdentity(this.#identity);
  }

  async #start(root: HTMLElement): Promise<void> {
    const locale = localeOf(this.lang || document.documentElement.lang);
    root.lang = locale;
    const own = this.getAttribute('heading');
    const shipped = await textsFor(locale, SCRIPT, this.getAttribute('texts'));
    // Removed, or inserted anew, while the texts were on their way.
    if (this.#root !== root) return;
    const texts = own ? { ...shipped, title: own } : shipped;
    const page = root.appendChild(document.createElement('div'));
    const announcer = Announcer.in(root);
    const server = this.getAttribute('server') ?? new URL(SCRIPT).origin;
    const identity = this.#identity ?? this.getAttribute('identity') ?? undefined;
    const chat = new Chat({ server, script: SCRIPT, locale, identity });
    this.#chat = chat;
    this.#leave.push(speak(chat, announcer, texts), tellChanges(this, chat));
    render(
      <Widget
        chat={chat}
        texts={texts}
        bank={this.#bank(texts)}
        host={this}
        root={root}
        onInterest={() => void socketClient(SCRIPT).catch(() => undefined)}
        onControl={(control) => (this.#window = control)}
        onShown={(open) => tell(this, open ? 'open' : 'close')}
      />,
      page,
    );
    if (this.#wanted !== undefined || this.hasAttribute('auto-open')) this.open(this.#wanted);
    this.#wanted = undefined;
    tell(this, 'ready');
  }

  #bank(texts: Texts): BankFacts {
    const privacyHref = this.getAttribute('privacy-href');
    const hours = this.getAttribute('hours');
    const greeting = this.getAttribute('greeting');
    const starters = this.getAttribute('starters')
      ?.split('|')
      .map((question) => question.trim())
      .filter(Boolean);
    return {
      starters: starters?.length ? starters : texts.starters,
      ...(privacyHref ? { privacyHref } : {}),
      ...(hours ? { hours } : {}),
      ...(greeting ? { greeting } : {}),
    };
  }

  /** Corner and distance from it. */
  #place(root: HTMLElement): void {
    root.dataset['side'] = this.getAttribute('position') === 'left' ? 'left' : 'right';
    for (const axis of ['x', 'y'] as const) {
      const offset = Number.parseInt(this.getAttribute(`offset-${axis}`) ?? '', 10);
      if (offset >= 0) root.style.setProperty(`--${axis}`, `${Math.min(offset, MAX_OFFSET)}px`);
    }
  }

  #follow(query: string): void {
    const list = matchMedia(query);
    const changed = (): void => this.#paint();
    list.addEventListener('change', changed);
    this.#leave.push(() => list.removeEventListener('change', changed));
    this.#paint();
  }

  /** `theme` is `light`, `dark`, or what the system says. */
  #paint(): void {
    if (!this.#root) return;
    const asked = this.getAttribute('theme');
    const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
    this.#root.dataset['theme'] = asked === 'light' || asked === 'dark' ? asked : system;
    applyColours(this, this.#root);
  }
}

/** `<script src="…/widget.js" data-auto data-hours="…">` brings its element along. */
function insertElement(from: HTMLScriptElement): void {
  const element = document.createElement(TAG);
  for (const name of ATTRIBUTES) {
    const value = from.getAttribute(`data-${name}`);
    if (value !== null) element.setAttribute(name, value);
  }
  document.body.append(element);
}

if (!customElements.get(TAG)) {
  customElements.define(TAG, SangdamChat);
  if (script?.hasAttribute('data-auto')) {
    if (document.body) insertElement(script);
    else document.addEventListener('DOMContentLoaded', () => insertElement(script), { once: true });
  }
}
