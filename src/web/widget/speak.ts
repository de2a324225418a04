import type { Announcer } from './announcer.js';
import type { Chat } from './chat.js';
import { speaker } from './header.js';
import { spoken } from './speech.js';
import type { Texts } from './texts.js';

/** A wait that goes on is told again, milliseconds. */
const REMINDER = 7_000;

/** Lets screen readers follow a conversation. Returns the way to stop. */
export function speak(chat: Chat, announcer: Announcer, texts: Texts): () => void {
  let said = '';
  let reminder: ReturnType<typeof setInterval> | undefined;
  const say = (text: string): void => {
    if (text === said) return;
    said = text;
    clearInterval(reminder);
    if (text === '') return;
    announcer.state(text);
    if (isWait(text)) reminder = setInterval(() => announcer.state(text), REMINDER);
  };
  const isWait = (text: string): boolean =>
    [texts.thinking, texts.searching, texts.writing, texts.checking].includes(text);

  const current = (): string => {
    const { phase, view, progress } = chat.snapshot;
    if (view.lastSeq === 0) return '';
    if (phase === 'lost' || phase === 'refused') return texts.offline;
    if (view.openTurns.length > 0) return progress ? texts[progress.stage] : texts.thinking;
    return view.state === 'assistant' ? '' : speaker(view, texts);
  };

  const stopState = chat.subscribe(() => say(current()));
  const stopNews = chat.onNews((events) => {
    for (const event of events) {
      const text = spoken(event, texts);
      if (text) announcer.message(text);
    }
  });
  return () => {
    clearInterval(reminder);
    stopState();
    stopNews();
  };
}
