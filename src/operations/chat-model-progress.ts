import type { WriteStream } from 'node:tty';
import { text, type Locale } from '../config/texts.js';
import type { ChatModelState, ChatModelStatus } from '../models/chat-model.js';

/** How often is looked, milliseconds. */
const INTERVAL = 500;

/** Tells the terminal how far the chat model is: its download in percent, that it is there, or why the service goes without. */
export function showChatModel(source: { status(): ChatModelStatus }, out: WriteStream, locale: Locale): void {
  let shown: ChatModelState | undefined;
  const timer = setInterval(() => {
    const { state, model, progress = 0, reason = '' } = source.status();
    if (state === 'fetching' && out.isTTY)
      out.write(`\r${text('model.progress', { model, percent: Math.floor(progress * 100) }, locale)}`);
    if (state === shown) return;
    if (shown === 'fetching' && out.isTTY) out.write('\n');
    shown = state;
    if (state === 'ready') out.write(`${text('model.ready', { model }, locale)}\n`);
    if (state === 'none' || state === 'failed')
      out.write(`${text('model.without', { reason: text(`model.reason.${reason}`, {}, locale) }, locale)}\n`);
  }, INTERVAL);
  timer.unref();
}
