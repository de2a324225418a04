import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Chat, ChatSnapshot } from './chat.js';
import { Icon } from './icons.js';
import type { Phones } from './protocol.js';
import type { SeoulTime } from './seoul-time.js';
import { fill, type Texts } from './texts.js';
import { useAfter } from './use-after.js';

interface BannersProps {
  chat: Chat;
  snapshot: ChatSnapshot;
  texts: Texts;
  time: SeoulTime;
}

/** A short interruption repairs itself and is not worth a word, milliseconds. */
const OFFLINE_AFTER = 2_000;

/** What is going on around the conversation, and what can be done about it. */
export function Banners({ chat, snapshot, texts, time }: BannersProps): JSX.Element {
  const { phase, view, error, closingIn, phones = view.phones } = snapshot;
  const offline = useAfter(OFFLINE_AFTER, phase === 'connecting' || phase === 'lost' || phase === 'refused');
  const connectedBefore = view.lastSeq > 0;
  return (
    <div class="banners">
      {phones && <Urgent phones={phones} texts={texts} />}
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
        <Closing key={closingIn} seconds={closingIn} texts={texts} onContinue={() => chat.continue()} />
      )}
      {view.state === 'queued' && phase !== 'ended' && (
        <div class="banner info">
          <p>
            {view.opensAt === undefined
              ? texts.queued
              : fill(texts.queuedClosed, { opening: time.moment(view.opensAt) })}
            <Place snapshot={snapshot} texts={texts} />
          </p>
          <button type="button" class="button" onClick={() => chat.cancelHandoff()}>
            {texts.cancelHandoff}
          </button>
        </div>
      )}
    </div>
  );
}

/** Numbers that help at once, each to be called at one touch. They come from the service. */
function Urgent({ phones, texts }: { phones: Phones; texts: Texts }): JSX.Element {
  return (
    <section class="urgent" aria-labelledby="urgent">
      <h3 id="urgent">
        <Icon name="warn" /> {texts.urgentTitle}
      </h3>
      <ul>
        {phones.map(({ name, number }) => (
          <li key={number}>
            <a class="call" href={`tel:${number.replace(/[^\d+]/g, '')}`}>
              {name} <b>{number}</b>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Place({ snapshot: { queue }, texts }: Pick<BannersProps, 'snapshot' | 'texts'>): JSX.Element | null {
  if (!queue) return null;
  const place = fill(texts.queuedPlace, { n: queue.position });
  return <b> {queue.minutes ? `${place} · ${fill(texts.queuedWait, { n: queue.minutes })}` : place}</b>;
}

/** Counts down for the eye; screen readers are told once. */
function Closing({ seconds, texts, onContinue }: { seconds: number; texts: Texts; onContinue(): void }): JSX.Element {
  const [left, setLeft] = useState(seconds);
  useEffect(() => {
    // The server says how long is left, not until when: clients' clocks are wrong.
    const end = performance.now() + seconds * 1_000;
    const timer = setInterval(() => setLeft(Math.max(0, Math.round((end - performance.now()) / 1_000))), 1_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <div class="banner warn">
      <p class="hidden" role="alert">
        {fill(texts.closingSoon, { n: seconds })}
      </p>
      <p aria-hidden="true">{fill(texts.closing, { n: left })}</p>
      <button type="button" class="button" onClick={onContinue}>
        {texts.continue}
      </button>
    </div>
  );
}
