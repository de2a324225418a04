import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Banners } from './banners.js';
import type { Chat, ChatSnapshot } from './chat.js';
import { Composer } from './composer.js';
import { Header } from './header.js';
import { inertOutside } from './inert-outside.js';
import { SeoulTime } from './seoul-time.js';
import type { Texts } from './texts.js';
import { Transcript } from './transcript.js';
import { followVisualViewport } from './visual-viewport.js';
import type { BankFacts } from './welcome.js';

interface PanelProps {
  chat: Chat;
  snapshot: ChatSnapshot;
  texts: Texts;
  bank: BankFacts;
  host: HTMLElement;
  draft: { text: string };
  textSize: number;
  onTextSize(size: number): void;
  onClose(): void;
}

const FULL_SCREEN = '(max-width: 667px)';

/** The chat window. Unmounted while minimised, so that no screen reader walks into it. */
export function Panel({
  chat,
  snapshot,
  texts,
  bank,
  host,
  draft,
  textSize,
  onTextSize,
  onClose,
}: PanelProps): JSX.Element {
  const panel = useRef<HTMLDivElement>(null);
  const log = useRef<HTMLDivElement>(null);
  const [time] = useState(() => new SeoulTime(texts.locale));
  const full = useMedia(FULL_SCREEN);
  const { view } = snapshot;
  const closed = view.state === 'closed';
  const composer = (): HTMLElement | null => panel.current!.querySelector('textarea');

  useLayoutEffect(() => {
    // No keyboard over the notice before anybody has read it: on touch the window itself takes the focus.
    const touch = matchMedia('(pointer: coarse)').matches;
    ((touch ? null : composer()) ?? panel.current!).focus();
  }, []);
  useEffect(() => (full ? followVisualViewport(panel.current!) : undefined), [full]);
  useEffect(() => (full ? inertOutside(host) : undefined), [full]);

  const keyDown = (event: KeyboardEvent): void => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === 'Escape') {
      event.stopPropagation();
      onClose();
    }
    if (event.key === 'F6') {
      event.preventDefault();
      const inLog = log.current!.contains((event.target as Node | null) ?? null);
      (inLog ? (composer() ?? log.current) : log.current)?.focus();
    }
  };

  return (
    <div
      ref={panel}
      class="panel"
      role="dialog"
      aria-modal={full}
      aria-labelledby="title"
      tabIndex={-1}
      onKeyDown={keyDown}
    >
      <Header view={view} texts={texts} textSize={textSize} onTextSize={onTextSize} onClose={onClose} />
      <Banners chat={chat} snapshot={snapshot} texts={texts} />
      <Transcript chat={chat} snapshot={snapshot} texts={texts} time={time} bank={bank} log={log} />
      {closed ? (
        <div class="foot">
          <button type="button" class="button primary" onClick={() => chat.startOver()}>
            {texts.startOver}
          </button>
        </div>
      ) : (
        <div class="foot">
          <Composer
            texts={texts}
            answering={view.openTurns.length > 0}
            draft={draft}
            onSend={(text) => chat.send(text)}
            onStop={() => chat.stop()}
            onTyping={() => chat.typing()}
          />
          <div class="foot-row">
            <p class="reminder">{texts.secretsShort}</p>
            {view.state === 'assistant' && (
              <button
                type="button"
                class="button"
                aria-disabled={snapshot.phase !== 'open'}
                onClick={() => chat.requestHandoff()}
              >
                {texts.requestHandoff}
              </button>
            )}
          </div>
        </div>
      )}
    </div>
  );
}

function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const changed = (): void => setMatches(list.matches);
    list.addEventListener('change', changed);
    return () => list.removeEventListener('change', changed);
  }, [query]);
  return matches;
}
