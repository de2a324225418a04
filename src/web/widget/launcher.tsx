import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ConversationView } from './conversation-state.js';
import { Icon } from './icons.js';
import { fill, type Texts } from './texts.js';

interface LauncherProps {
  texts: Texts;
  view: ConversationView;
  unread: number;
  onInterest(): void;
  onOpen(): void;
}

/** The button on the bank's page; beside it the beginning of what came while the window was closed. */
export function Launcher({ texts, view, unread, onInterest, onOpen }: LauncherProps): JSX.Element {
  const [dismissed, setDismissed] = useState(0);
  const count = unread > 9 ? '9+' : unread;
  const label = unread > 0 ? fill(texts.launcherUnread, { n: count }) : texts.launcher;
  const news = unread > dismissed ? newest(view) : undefined;
  return (
    <div class="corner">
      {news && (
        <div class="preview">
          <button type="button" class="preview-text" aria-label={fill(texts.preview, { text: news })} onClick={onOpen}>
            <span>{news}</span>
          </button>
          <button type="button" class="icon-button" aria-label={texts.dismiss} onClick={() => setDismissed(unread)}>
            <Icon name="close" />
          </button>
        </div>
      )}
      <button
        type="button"
        class="launcher"
        aria-label={label}
        aria-haspopup="dialog"
        onPointerEnter={onInterest}
        onFocus={onInterest}
        onClick={onOpen}
      >
        <Icon name="chat" />
        {unread > 0 && (
          <span class="badge" aria-hidden="true">
            {count}
          </span>
        )}
      </button>
    </div>
  );
}

/** What was said last, by whoever is not the customer. */
function newest({ entries }: ConversationView): string | undefined {
  for (const entry of entries.toReversed()) {
    if (entry.kind === 'answer') return entry.sentences[0]?.text ?? entry.withheld[0];
    if (entry.kind === 'message') return entry.from === 'counsellor' ? entry.text : undefined;
  }
  return undefined;
}
