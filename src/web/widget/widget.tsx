import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Chat } from './chat.js';
import { TEXT_SIZES } from './header.js';
import { Launcher } from './launcher.js';
import { Panel } from './panel.js';
import type { Texts } from './texts.js';
import type { BankFacts } from './welcome.js';

/** Event on the root by which the page opens the panel; `detail` is a text for the message field. */
export const OPEN = 'sangdam-open';

interface WidgetProps {
  chat: Chat;
  texts: Texts;
  bank: BankFacts;
  host: HTMLElement;
  /** Carries the text size. */
  root: HTMLElement;
}

/** The launcher, or the panel in its place. */
export function Widget({ chat, texts, bank, host, root }: WidgetProps): JSX.Element {
  const [snapshot, setSnapshot] = useState(chat.snapshot);
  const [open, setOpen] = useState(false);
  const [textSize, setTextSize] = useState<number>(TEXT_SIZES[0]);
  const [draft, setDraft] = useState({ text: '' });
  const wasOpen = useRef(false);

  useEffect(() => chat.subscribe(() => setSnapshot(chat.snapshot)), [chat]);
  useEffect(() => {
    const asked = ({ detail }: Event & { detail?: string }): void => {
      if (detail) setDraft({ text: detail });
      setOpen(true);
    };
    root.addEventListener(OPEN, asked);
    return () => root.removeEventListener(OPEN, asked);
  }, [root]);
  useEffect(() => {
    root.dataset['size'] = String(textSize);
  }, [textSize]);
  useLayoutEffect(() => {
    chat.show(open);
    if (!open && wasOpen.current) root.querySelector<HTMLElement>('.launcher')?.focus();
    wasOpen.current = open;
  }, [open]);

  if (!open) return <Launcher texts={texts} unread={snapshot.unread} onOpen={() => setOpen(true)} />;
  return (
    <Panel
      chat={chat}
      snapshot={snapshot}
      texts={texts}
      bank={bank}
      host={host}
      draft={draft}
      textSize={textSize}
      onTextSize={setTextSize}
      onClose={() => setOpen(false)}
    />
  );
}
