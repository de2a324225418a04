import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Banners } from './banners.js';
import type { Chat, ChatSnapshot } from './chat.js';
import { Composer } from './composer.js';
import { Header, TEXT_SIZES, type TextSize } from './header.js';
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
  textSize: TextSize;
  onTextSize(size: TextSize): void;
  onClose(): void;
}

const FULL_SCREEN = '(max-width: 667px)';

/** The chat window. Unmounted while minimised, so that no screen reader walks into it. */
export function Panel(props: PanelProps): JSX.Element {
  const { chat, snapshot, texts, bank, host, textSize, onTextSize, onClose } = props;
  const panel = useRef<HTMLDivElement>(null);
  const log = useRef<HTMLDivElement>(null);
  const [time] = useState(() => new SeoulTime(texts.locale));
  const full = useMedia(FULL_SCREEN);
  const { view, phase } = snapshot;
  const shown = phase === 'ended' ? { ...view, state: 'closed' as const } : view;
  const composer = (): HTMLElement | null => panel.current!.querySelector('textarea');
  const focusFirst = (): void => {
    // No keyboard over the notice before anybody has read it: on touch the window itself takes the focus.
    const touch = matchMedia('(pointer: coarse)').matches;
    ((touch ? null : composer()) ?? panel.current!).focus();
  };

  useLayoutEffect(focusFirst, []);
  useFocusKept(panel, focusFirst);
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
      <div class="window">
        <Header view={shown} texts={texts} textSize={textSize} onTextSize={onTextSize} onClose={onClose} />
        <Banners chat={chat} snapshot={snapshot} texts={texts} time={time} />
        <Transcript
          chat={chat}
          snapshot={snapshot}
          texts={texts}
          time={time}
          bank={bank}
          large={textSize > TEXT_SIZES[0]}
          log={log}
        />
        <Foot {...props} />
      </div>
    </div>
  );
}

/** Where the customer writes; at the end of a conversation the way to a new one. */
function Foot({ chat, snapshot: { phase, view }, texts, draft, textSize }: PanelProps): JSX.Element {
  const over = phase === 'ended' || phase === 'unidentified';
  if (over || view.state === 'closed')
    return (
      <div class="foot">
        {over && (
          <p class="reminder" role="status">
            {phase === 'ended' ? texts.ended : texts.signInAgain}
          </p>
        )}
        <button type="button" class="button primary" onClick={() => chat.startOver()}>
          {texts.startOver}
        </button>
      </div>
    );
  return (
    <div class="foot">
      <Composer
        texts={texts}
        answering={view.openTurns.length > 0}
        large={textSize > TEXT_SIZES[0]}
        draft={draft}
        onSend={(text) => chat.send(text)}
        onStop={() => chat.stop()}
        onTyping={() => chat.typing()}
      />
      <div class="foot-row">
        <p class="reminder">{texts.secretsShort}</p>
        {view.state === 'assistant' && (
          <button type="button" class="button" aria-disabled={phase !== 'open'} onClick={() => chat.requestHandoff()}>
            {texts.requestHandoff}
          </button>
        )}
      </div>
    </div>
  );
}

/** Buttons go when they have done their work; the focus that was on one must not fall out of the window. */
function useFocusKept(panel: { current: HTMLElement | null }, focus: () => void): void {
  const last = useRef<Element | null>(null);
  useEffect(() => {
    const noticed = ({ target }: FocusEvent): void => void (last.current = target as Element);
    panel.current!.addEventListener('focusin', noticed);
  }, []);
  useLayoutEffect(() => {
    if (!last.current || last.current.isConnected) return;
    last.current = null;
    focus();
  });
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
