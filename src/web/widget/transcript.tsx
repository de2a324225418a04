import type { JSX, RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Answer } from './answer.js';
import type { Chat, ChatSnapshot } from './chat.js';
import type { Entry } from './conversation-state.js';
import { Icon } from './icons.js';
import type { Outgoing } from './outbox.js';
import { ScrollFollow } from './scroll-follow.js';
import type { SeoulTime } from './seoul-time.js';
import { fill, type Texts } from './texts.js';
import { useAfter } from './use-after.js';
import { Waiting } from './waiting.js';
import { Welcome, type BankFacts } from './welcome.js';

interface TranscriptProps {
  chat: Chat;
  snapshot: ChatSnapshot;
  texts: Texts;
  time: SeoulTime;
  bank: BankFacts;
  log: RefObject<HTMLDivElement | null>;
}

/** The conversation: entries with their days, messages on their way, what is being waited for. */
export function Transcript({ chat, snapshot, texts, time, bank, log }: TranscriptProps): JSX.Element {
  const { view, outbox } = snapshot;
  const untouched = outbox.length === 0 && !view.entries.some((entry) => entry.kind === 'message');
  const { toEnd, unseen } = useFollowing(log, view.entries.length, outbox.length, untouched);
  const actions = {
    rate: chat.rate.bind(chat),
    choose: (choice: string) => chat.send(choice),
    requestHandoff: () => chat.requestHandoff(),
  };
  let day = '';
  return (
    <div class="transcript">
      {/* Silent: the announcer reads what is new, once. */}
      <div ref={log} class="log" role="log" aria-live="off" aria-label={texts.log} tabIndex={0}>
        <div class="content">
          {view.entries.map((entry, index) => {
            const divider = time.day(entry.at) !== day;
            day = time.day(entry.at);
            return (
              <div key={entry.seq} class="entry">
                {divider && <p class="day">{time.date(entry.at)}</p>}
                {entry.kind === 'answer' ? (
                  <Answer
                    answer={entry}
                    texts={texts}
                    time={time}
                    rating={snapshot.ratings.get(entry.completedSeq ?? 0)}
                    newest={index === view.entries.length - 1 && outbox.length === 0 && view.state !== 'closed'}
                    actions={actions}
                  />
                ) : (
                  <PlainEntry entry={entry} texts={texts} time={time} />
                )}
              </div>
            );
          })}
          {outbox.map((message) => (
            <OnItsWay key={message.id} message={message} texts={texts} time={time} chat={chat} />
          ))}
          {untouched && view.lastSeq > 0 && view.state === 'assistant' && (
            <Welcome texts={texts} bank={bank} onAsk={(question) => chat.send(question)} />
          )}
          <Waiting snapshot={snapshot} texts={texts} onHandoff={() => chat.requestHandoff()} />
        </div>
      </div>
      {unseen !== undefined && <ToEnd unseen={unseen} texts={texts} onPress={toEnd} />}
    </div>
  );
}

/** The way back to the end: a mark in the margin, or a word where something new has come. */
function ToEnd({ unseen, texts, onPress }: { unseen: number; texts: Texts; onPress(): void }): JSX.Element {
  return unseen > 0 ? (
    <button type="button" class="pill" onClick={onPress}>
      <Icon name="end" /> {fill(texts.newMessages, { n: unseen })}
    </button>
  ) : (
    <button type="button" class="pill quiet" aria-label={texts.toEnd} title={texts.toEnd} onClick={onPress}>
      <Icon name="end" />
    </button>
  );
}

/** Follows the end, counts entries that came while it did not. `unseen` is undefined at the end. */
function useFollowing(
  log: RefObject<HTMLDivElement | null>,
  entries: number,
  outgoing: number,
  untouched: boolean,
): { toEnd(): void; unseen: number | undefined } {
  const follow = useRef<ScrollFollow | null>(null);
  const [away, setAway] = useState(false);
  const seen = useRef(entries);
  const sent = useRef(outgoing);
  if (!away) seen.current = entries;
  /** Before the first message the notice at the top is what must be read. */
  const beginning = useRef(untouched);
  beginning.current = untouched;

  useEffect(() => {
    const scroller = log.current!;
    const content = scroller.querySelector<HTMLElement>('.content')!;
    const firstLine = (): HTMLElement | null => {
      if (beginning.current) return content;
      // Steps and notices behind an answer must not push its beginning away.
      const newest = [...content.querySelectorAll<HTMLElement>('[data-answer], .own')].at(-1);
      return newest?.matches('[data-answer]') ? newest : null;
    };
    follow.current = new ScrollFollow(scroller, content, firstLine, (pinned) => setAway(!pinned));
    if (!untouched) follow.current.pin();
    return () => follow.current?.stop();
  }, []);

  useEffect(() => {
    if (outgoing > sent.current) follow.current?.pin();
    sent.current = outgoing;
  }, [outgoing]);

  return {
    toEnd: () => follow.current?.pin(),
    unseen: away && !untouched ? Math.max(0, entries - seen.current) : undefined,
  };
}

interface EntryProps {
  entry: Exclude<Entry, { kind: 'answer' }>;
  texts: Texts;
  time: SeoulTime;
}

function PlainEntry({ entry, texts, time }: EntryProps): JSX.Element {
  switch (entry.kind) {
    case 'message':
      return (
        <article
          class={entry.from === 'customer' ? 'message own' : 'message from-counsellor'}
          data-answer={entry.from === 'counsellor' || undefined}
        >
          <p class="meta">
            {entry.from === 'customer' ? (
              <span class="hidden">{texts.you}</span>
            ) : (
              <span class="origin">{[texts.originCounsellor, entry.counsellor].filter(Boolean).join(' ')}</span>
            )}{' '}
            <time dateTime={entry.at}>{time.time(entry.at)}</time>
          </p>
          <p class="bubble prose">{entry.text}</p>
        </article>
      );
    case 'notice':
      return (
        <div class={`notice notice-${entry.notice}`}>
          <p class="notice-title">{noticeTitle(entry.notice, texts)}</p>
          <p class="prose">{entry.text}</p>
        </div>
      );
    case 'handoff':
      return <p class="step prose">{handoffText(entry, texts)}</p>;
    case 'closed':
      return <p class="step prose">{entry.text ?? (entry.reason === 'idle' ? texts.closedIdle : texts.closedEntry)}</p>;
    default:
      return entry satisfies never;
  }
}

function noticeTitle(kind: (Entry & { kind: 'notice' })['notice'], texts: Texts): string {
  const titles: Record<typeof kind, string> = {
    ai: texts.noticeAi,
    privacy: texts.noticePrivacy,
    secret: texts.noticeSecret,
    safety: texts.noticeSafety,
    fraud: texts.noticeFraud,
    abuse: texts.noticeAbuse,
    service: texts.noticeService,
    interrupted: texts.noticeService,
  };
  return titles[kind] ?? texts.originSystem;
}

function handoffText(entry: Entry & { kind: 'handoff' }, texts: Texts): string {
  if (entry.text) return entry.text;
  if (entry.step === 'queued') return texts.queuedEntry;
  if (entry.step === 'joined') return fill(texts.joined, { name: entry.counsellor ?? '' });
  return entry.reason === 'cancelled' ? texts.handoffCancelled : texts.handoffEnded;
}

/** Shown at once; “sending” only where it takes long enough to be noticed. */
function OnItsWay({
  message,
  texts,
  time,
  chat,
}: {
  message: Outgoing;
  texts: Texts;
  time: SeoulTime;
  chat: Chat;
}): JSX.Element {
  const failed = message.state === 'failed';
  const slow = useAfter(500, !failed);
  return (
    <article class={failed ? 'message own failed' : 'message own'}>
      <p class="meta">
        <span class="hidden">{texts.you}</span>
        {slow && <span>{texts.sending}</span>} <time>{time.time(message.at)}</time>
      </p>
      <p class="bubble prose">{message.text}</p>
      {failed && (
        <div class="undelivered">
          <p role="alert">{message.error?.message ?? texts.notSent}</p>
          <button type="button" class="tool" onClick={() => chat.retry(message.id)}>
            {texts.retry}
          </button>
          <button type="button" class="tool" onClick={() => chat.discard(message.id)}>
            {texts.discard}
          </button>
        </div>
      )}
    </article>
  );
}
