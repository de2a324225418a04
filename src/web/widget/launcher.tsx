import type { JSX } from 'preact';
import { Icon } from './icons.js';
import { fill, type Texts } from './texts.js';

interface LauncherProps {
  texts: Texts;
  unread: number;
  onOpen(): void;
}

export function Launcher({ texts, unread, onOpen }: LauncherProps): JSX.Element {
  const label = unread > 0 ? fill(texts.launcherUnread, { n: unread }) : texts.launcher;
  return (
    <button type="button" class="launcher" aria-label={label} aria-haspopup="dialog" onClick={onOpen}>
      <Icon name="chat" />
      {unread > 0 && (
        <span class="badge" aria-hidden="true">
          {unread > 9 ? '9+' : unread}
        </span>
      )}
    </button>
  );
}
