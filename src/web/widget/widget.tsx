import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Chat } from './chat.js';
import { TEXT_SIZES, type TextSize } from './header.js';
import { Launcher } from './launcher.js';
import { Panel } from './panel.js';
import { SessionItem } from './session-store.js';
import type { Texts } from './texts.js';
import type { BankFacts } from './welcome.js';

/** What the page may ask of the window. */
export interface WindowControl {
  /** Opens it; a text goes into the message field. */
  open(draft: string): void;
  close(): void;
}

interface WidgetProps {
  chat: Chat;
  texts: Texts;
  bank: BankFacts;
  host: HTMLElement;
  /** Carries the text size. */
  root: HTMLElement;
  onControl(control: WindowControl): void;
  /** The customer is about to open the window. */
  onInterest(): void;
  onShown(open: boolean): void;
}

/** The text size of this window, so that the next page of the bank has it too. */
const savedSize = new SessionItem('sangdam text-size');

function textSizeOf(saved: string | undefined): TextSize {
  return TEXT_SIZES.find((size) => String(size) === saved) ?? TEXT_SIZES[0];
}

/** The launcher, or the panel in its place. */
export function Widget({ chat, texts, bank, host, root, onControl, onInterest, onShown }: WidgetProps): JSX.Element {
  const [snapshot, setSnapshot] = useState(chat.snapshot);
  const [open, setOpen] = useState(false);
  const [textSize, setTextSize] = useState(() => textSizeOf(savedSize.get()));
  const [draft, setDraft] = useState({ text: '' });
  const wasOpen = useRef(false);

  useEffect(() => chat.subscribe(() => setSnapshot(chat.snapshot)), [chat]);
  useLayoutEffect(() => {
    onControl({
      open: (text) => {
        if (text) setDraft({ text });
        setOpen(true);
      },
      close: () => setOpen(false),
    });
  }, []);
  useLayoutEffect(() => {
    root.dataset['size'] = String(textSize);
  }, [textSize]);
  useLayoutEffect(() => {
    chat.show(open);
    if (open === wasOpen.current) return;
    if (!open) root.querySelector<HTMLElement>('.launcher')?.focus();
    wasOpen.current = open;
    onShown(open);
  }, [open]);

  if (!open)
    return (
      <Launcher
        texts={texts}
        view={snapshot.view}
        unread={snapshot.unread}
        onInterest={onInterest}
        onOpen={() => setOpen(true)}
      />
    );
  return (
    <Panel
      chat={chat}
      snapshot={snapshot}
      texts={texts}
      bank={bank}
      host={host}
      draft={draft}
      textSize={textSize}
      onTextSize={(size) => {
        setTextSize(size);
        savedSize.set(String(size));
      }}
      onClose={() => setOpen(false)}
    />
  );
}
