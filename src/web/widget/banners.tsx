import type { JSX } from 'preact';
import type { Chat, ChatSnapshot } from './chat.js';
import { Icon } from './icons.js';
import { fill, type Texts } from './texts.js';
import { useAfter } from './use-after.js';

interface BannersProps {
  chat: Chat;
  snapshot: ChatSnapshot;
  texts: Texts;
}

/** A short interruption repairs itself and is not worth a word, milliseconds. */
const OFFLINE_AFTER = 2_000;

/** What is going on around the conversation, and what can be done about it. */
export function Banners({ chat, snapshot, texts }: BannersProps): JSX.Element {
  const { phase, view, error, closingIn, queuePosition } = snapshot;
  const offline = useAfter(OFFLINE_AFTER, phase !== 'open' && phase !== 'idle');
  const connectedBefore = view.lastSeq > 0;
  return (
    <div class="banners">
      {error && (
        <div class="banner danger" role="alert">
          <p class="prose">{error.safeText ?? error.message}</p>
          <button type="button" class="icon-button" aria-label={texts.dismiss} onClick={() => chat.dismissError()}>
            <Icon name="close" />
          </button>
        </div>
      )}
      {offline && (
        <div class="banner warn">
          <p>{connectedBefore || phase === 'refused' ? texts.offline : texts.connecting}</p>
          <button type="button" class="button" onClick={() => chat.reconnect()}>
            {texts.reconnect}
          </button>
        </div>
      )}
      {closingIn !== undefined && view.state !== 'closed' && (
        <div class="banner warn" role="alert">
          <p>{fill(texts.closing, { n: closingIn })}</p>
          <button type="button" class="button" onClick={() => chat.continue()}>
            {texts.continue}
          </button>
        </div>
      )}
      {view.state === 'queued' && (
        <div class="banner info">
          <p>
            {texts.queued}
            {queuePosition !== undefined && <b> {fill(texts.queuedPlace, { n: queuePosition })}</b>}
          </p>
          <button type="button" class="button" onClick={() => chat.cancelHandoff()}>
            {texts.cancelHandoff}
          </button>
        </div>
      )}
    </div>
  );
}
