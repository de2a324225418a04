import { render } from 'preact';
import { Announcer } from './announcer.js';
import { Chat } from './chat.js';
import { speak } from './speak.js';
import { styleSheet } from './styles.js';
import { textsFor, type Texts } from './texts.js';
import type { BankFacts } from './welcome.js';
import { OPEN, Widget } from './widget.js';

const TAG = 'sangdam-chat';
/** The script's own tag; known only while the script runs for the first time. */
const script = document.currentScript instanceof HTMLScriptElement ? document.currentScript : undefined;
const SERVER = script?.src ? new URL(script.src).origin : location.origin;

/**
 * `<sangdam-chat>`: the customers' chat on a bank's page.
 *
 * | attribute | |
 * |---|---|
 * | `lang` | `ko` or `en`; else the page's language |
 * | `server` | origin of the service; else that of the script |
 * | `privacy-href` | link to the bank's privacy notice |
 * | `hours` | when counsellors work, as people read it |
 * | `starters` | questions to begin with, separated by `|` |
 */
class SangdamChat extends HTMLElement {
  #chat: Chat | undefined;
  #silence: (() => void) | undefined;

  connectedCallback(): void {
    const texts = textsFor(this.lang || document.documentElement.lang);
    const shadow = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    shadow.adoptedStyleSheets = [styleSheet()];
    const root = document.createElement('div');
    root.className = 'root';
    root.lang = texts.locale;
    shadow.replaceChildren(root);
    const page = root.appendChild(document.createElement('div'));
    const announcer = Announcer.in(root);

    this.#chat = new Chat(this.getAttribute('server') ?? SERVER, texts.locale);
    this.#silence = speak(this.#chat, announcer, texts);
    render(<Widget chat={this.#chat} texts={texts} bank={this.#bank(texts)} host={this} root={root} />, page);
  }

  disconnectedCallback(): void {
    const page = this.shadowRoot?.querySelector('.root > div');
    if (page) render(null, page);
    this.#silence?.();
    this.#chat?.close();
  }

  /** Opens the panel; with a text, puts it into the message field, to be sent or changed. */
  open(draft = ''): void {
    this.shadowRoot?.querySelector('.root')?.dispatchEvent(new CustomEvent(OPEN, { detail: draft }));
  }

  #bank(texts: Texts): BankFacts {
    const privacyHref = this.getAttribute('privacy-href');
    const hours = this.getAttribute('hours');
    const starters = this.getAttribute('starters')
      ?.split('|')
      .map((question) => question.trim())
      .filter(Boolean);
    return {
      starters: starters?.length ? starters : texts.starters,
      ...(privacyHref ? { privacyHref } : {}),
      ...(hours ? { hours } : {}),
    };
  }
}

/** `<script src="…/widget.js" data-auto data-hours="…">` brings its element along. */
function insertElement(from: HTMLScriptElement): void {
  const element = document.createElement(TAG);
  for (const name of ['lang', 'server', 'privacy-href', 'hours', 'starters']) {
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
