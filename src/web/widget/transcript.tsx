import type { JSX, RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Answer } from './answer.js';
import type { Chat, ChatSnapshot } from './chat.js';
import type { Entry } from './conversation-state.js';
import { Icon } from './icons.js';
import { memo } from './memo.js';
import { markOf } from './origin-label.js';
import type { Outgoing } from './outbox.js';
import type { Rating } from './protocol.js';
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
  /** 큰글씨: fewer choices. */
  large: boolean;
  log: RefObject<HTMLDivElement | null>;
}

/** The conversation: entries with their days, messages on their way, what is being waited for. */
export function Transcript({ chat, snapshot, texts, time, bank, large, log }: TranscriptProps): JSX.Element {
  const { view, outbox, phase } = snapshot;
  const untouched = outbox.length === 0 && !view.entries.some((entry) => entry.kind === 'message');
  const { toEnd, unseen } = useFollowing(log, view.entries.length, outbox.length, untouched);
  const from = useGradually(view.entries.length);
  const read = lastRead(view.entries, snapshot.readUpTo);
  const open = outbox.length === 0 && view.state !== 'closed' && phase !== 'ended';
  return (
    <div class="transcript">
      {/* Silent: the announcer reads what is new, once. */}
      <div
        ref={log}
        class="log"
        role="log"
        aria-live="off"
        aria-label={texts.log}
        tabIndex={0}
        onCopy={(event) => markCopy(event, view.entries, texts, time)}
      >
        <div class="content">
          <p class="print-mark">{fill(texts.printMark, { ai: texts.originAi })}</p>
          {view.entries.slice(from).map((entry, index, shown) => {
            const before = shown[index - 1] ?? view.entries[from - 1];
            return (
              <Row
                key={entry.seq}
                entry={entry}
                day={before && time.day(before.at) === time.day(entry.at) ? undefined : time.date(entry.at)}
                texts={texts}
                time={time}
                rating={entry.kind === 'answer' ? snapshot.ratings.get(entry.completedSeq ?? 0) : undefined}
                newest={open && index === shown.length - 1}
                read={entry.seq === read}
                chat={chat}
              />
            );
          })}
          {outbox.map((message) => (
            <OnItsWay key={message.id} message={message} offline={phase !== 'open'} texts={texts} chat={chat} />
          ))}
          {untouched && view.lastSeq > 0 && view.state === 'assistant' && (
            <Welcome texts={texts} bank={bank} large={large} onAsk={(question) => chat.send(question)} />
          )}
          <Waiting snapshot={snapshot} texts={texts} onHandoff={() => chat.requestHandoff()} />
        </div>
      </div>
      {unseen !== undefined && <ToEnd unseen={unseen} texts={texts} onPress={toEnd} />}
    </div>
  );
}

/** The newest of the customer's messages that the counsellor has read; 0 where none is. */
function lastRead(entries: readonly Entry[], upTo: number): number {
  const own = (entry: Entry): boolean => entry.kind === 'message' && entry.from === 'customer' && entry.seq <= upTo;
  return entries.findLast(own)?.seq ?? 0;
}

/** A copy that holds something that an AI wrote says so (AI Basic Act: exports need a perceivable mark). */
function markCopy(event: ClipboardEvent, entries: readonly Entry[], texts: Texts, time: SeoulTime): void {
  const log = event.currentTarget as HTMLElement;
  const root = log.getRootNode() as ShadowRoot & { getSelection?(): Selection | null };
  // Chromium tells the selection inside a shadow tree by the tree, the others by the document.
  const selection = root.getSelection?.() ?? document.getSelection();
  const text = selection?.toString();
  const marked = [...log.querySelectorAll<HTMLElement>('.from-ai')].findLast((part) =>
    selection?.containsNode(part, true),
  );
  const answer = entries.find((entry) => entry.kind === 'answer' && String(entry.seq) === marked?.dataset['answer']);
  if (!text || answer?.kind !== 'answer') return;
  event.preventDefault();
  event.clipboardData?.setData('text/plain', `${text}\n\n${markOf(answer, texts, time)}`);
}

/** Rows that are drawn at once, and earlier ones that follow in one task: no task of a slow phone takes over 50 ms (bench/widget.mjs). */
const AT_ONCE = 8;
const A_TASK = 4;

/** The first entry to draw: the newest ones at once, the earlier ones bit by bit, so that a long history blocks nothing. */
function useGradually(entries: number): number {
  const [from, setFrom] = useState(() => Math.max(0, entries - AT_ONCE));
  const known = useRef(entries);
  // A resumed history arrives as one: its older part is drawn gradually as well.
  const first = entries - known.current > AT_ONCE ? Math.max(from, entries - AT_ONCE) : Math.min(from, entries);
  known.current = entries;
  useEffect(() => {
    setFrom(first);
    if (first === 0) return;
    const timer = setTimeout(() => setFrom(Math.max(0, first - A_TASK)));
    return () => clearTimeout(timer);
  }, [first]);
  return first;
}

interface RowProps extends EntryProps {
  entry: Entry;
  /** The day that begins with this entry. */
  day: string | undefined;
  rating: Rating | undefined;
  newest: boolean;
  read: boolean;
  chat: Chat;
}

const Row = memo(({ entry, day, texts, time, rating, newest, read, chat }: RowProps) => (
  <div class="entry">
    {day && <p class="day">{day}</p>}
    {entry.kind === 'answer' ? (
      <Answer answer={entry} texts={texts} time={time} rating={rating} newest={newest} chat={chat} />
    ) : (
      <PlainEntry entry={entry} read={read} texts={texts} time={time} />
    )}
  </div>
));

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
  texts: Texts;
  time: SeoulTime;
}

interface PlainEntryProps extends EntryProps {
  entry: Exclude<Entry, { kind: 'answer' }>;
  read: boolean;
}

function PlainEntry({ entry, read, texts, time }: PlainEntryProps): JSX.Element {
  switch (entry.kind) {
    case 'message':
      return (
        <article
          class={entry.from === 'customer' ? 'message own' : 'message from-counsellor'}
          data-answer={entry.from === 'counsellor' ? entry.seq : undefined}
        >
          <p class="meta">
            {entry.from === 'customer' ? (
              <span class="hidden">{texts.you}</span>
            ) : (
              <span class="origin">{[texts.originCounsellor, entry.counsellor].filter(Boolean).join(' ')}</span>
            )}{' '}
            {read && <span class="read">{texts.read}</span>} <time dateTime={entry.at}>{time.time(entry.at)}</time>
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

interface OnItsWayProps {
  message: Outgoing;
  offline: boolean;
  texts: Texts;
  chat: Chat;
}

/** Shown at once; “sending” only where it takes long enough to be noticed. Its time is the server's, so it has none yet. */
function OnItsWay({ message, offline, texts, chat }: OnItsWayProps): JSX.Element {
  const failed = message.state === 'failed';
  const slow = useAfter(500, !failed);
  return (
    <article class={failed ? 'message own failed' : 'message own'}>
      <p class="meta">
        <span class="hidden">{texts.you}</span>
        {slow && <span>{offline ? texts.waitingToSend : texts.sending}</span>}
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
