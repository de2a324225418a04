import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { CitedSource } from '../../conversation/events.js';
import type { Chat } from './chat.js';
import type { AnswerEntry, Sentence } from './conversation-state.js';
import { Icon } from './icons.js';
import { markOf, originLabel } from './origin-label.js';
import type { FeedbackReason, Rating } from './protocol.js';
import type { SeoulTime } from './seoul-time.js';
import { fill, type Texts } from './texts.js';

interface AnswerProps {
  answer: AnswerEntry;
  texts: Texts;
  time: SeoulTime;
  rating: Rating | undefined;
  /** The newest entry: its choices can still be taken. */
  newest: boolean;
  chat: Chat;
}

export function Answer({ answer, texts, time, rating, newest, chat }: AnswerProps): JSX.Element | null {
  const { sentences, withheld, choices, sources, finish } = answer;
  const cut = sentences.length === 0 && withheld.length === 0 && (finish === 'stopped' || finish === 'failed');
  if (sentences.length === 0 && withheld.length === 0 && choices.length === 0 && !cut) return null;
  const said = sentences.length > 0;
  return (
    <article class={`answer from-${answer.origin}`} data-answer={answer.seq}>
      <p class="meta">
        <Origin answer={answer} texts={texts} /> <time dateTime={answer.at}>{time.time(answer.at)}</time>
      </p>
      {said && (
        <div class="bubble">
          <Prose sentences={sentences} />
          {finish === 'stopped' && <p class="aside">{texts.stopped}</p>}
        </div>
      )}
      {cut && <p class="aside">{finish === 'stopped' ? texts.stopped : texts.failed}</p>}
      {withheld.length > 0 && <Withheld reasons={withheld} texts={texts} onHandoff={() => chat.requestHandoff()} />}
      {choices.length > 0 && newest && <Choices choices={choices} onChoose={(choice) => chat.send(choice)} />}
      {sources.length > 0 && finish && <Sources sources={sources} texts={texts} />}
      {said && answer.completedSeq !== undefined && finish !== 'asked' && (
        <Feedback answer={answer} seq={answer.completedSeq} texts={texts} time={time} rating={rating} chat={chat} />
      )}
    </article>
  );
}

function Origin({ answer, texts }: Pick<AnswerProps, 'answer' | 'texts'>): JSX.Element {
  const explained = { ai: texts.originAiExplained, exemplar: texts.originExemplarExplained } as Record<string, string>;
  return (
    <span class="origin" title={explained[answer.origin]}>
      {originLabel(answer.origin, texts)}
    </span>
  );
}

/** A sentence that begins a list item stands close to the one before it; the others are paragraphs. */
const LIST_ITEM = /^\s*(?:[-•·*▪]|\d{1,2}[.)]|[①-⑳])\s/u;

function Prose({ sentences }: { sentences: readonly Sentence[] }): JSX.Element {
  return (
    <div class="prose">
      {sentences.map(({ index, text }) => (
        <p key={index} class={LIST_ITEM.test(text) ? 'sentence list-item' : 'sentence'}>
          {inOneLine(text)}
        </p>
      ))}
    </div>
  );
}

/** Digits with hyphens: browsers break lines behind a hyphen, and half a telephone number is misread. */
const HYPHENATED_NUMBER = /(\d+(?:-\d+)+)/;

/** The text with its telephone and account numbers kept in one line each. */
function inOneLine(text: string): (string | JSX.Element)[] {
  return text
    .trim()
    .split(HYPHENATED_NUMBER)
    .map((part, at) =>
      at % 2 === 0 ? (
        part
      ) : (
        <span key={at} class="one-line">
          {part}
        </span>
      ),
    );
}

function Withheld({
  reasons,
  texts,
  onHandoff,
}: {
  reasons: readonly string[];
  texts: Texts;
  onHandoff(): void;
}): JSX.Element {
  return (
    <div class="withheld">
      <p class="withheld-title">
        <Icon name="warn" /> {texts.withheldTitle}
      </p>
      {reasons.map((reason, index) => (
        <p key={index}>{reason}</p>
      ))}
      <button type="button" class="button" onClick={onHandoff}>
        {texts.requestHandoff}
      </button>
    </div>
  );
}

function Choices({ choices, onChoose }: { choices: readonly string[]; onChoose(choice: string): void }): JSX.Element {
  return (
    <ul class="choices">
      {choices.map((choice) => (
        <li key={choice}>
          <button type="button" class="choice" onClick={() => onChoose(choice)}>
            {choice}
          </button>
        </li>
      ))}
    </ul>
  );
}

function Sources({ sources, texts }: { sources: readonly CitedSource[]; texts: Texts }): JSX.Element {
  return (
    <details class="sources" onToggle={({ currentTarget }) => currentTarget.open && reveal(currentTarget)}>
      <summary>{fill(texts.sources, { n: sources.length })}</summary>
      <ol>
        {sources.map(({ id, title, ref, page, text }) => (
          <li key={id}>
            <p class="source-title">{ref ? `${ref.law} ${ref.article}` : title}</p>
            {ref && title !== ref.law && <p class="source-ref">{title}</p>}
            {page && <p class="source-ref">{fill(texts.page, { n: page })}</p>}
            {text && <p class="source-text">{text}</p>}
          </li>
        ))}
      </ol>
    </details>
  );
}

/** Between what was revealed and the edges of the transcript, CSS pixels. */
const EDGE = 8;

/** Scrolls the transcript, never the page, so far that what was opened can be read; its top stays in view. */
function reveal(part: Element): void {
  const scroller = part.closest('.log');
  if (!scroller) return;
  const [box, frame] = [part.getBoundingClientRect(), scroller.getBoundingClientRect()];
  const hidden = Math.min(box.bottom - frame.bottom + EDGE, box.top - frame.top - EDGE);
  if (hidden > 0) scroller.scrollTop += hidden;
}

const REASONS: readonly FeedbackReason[] = ['wrong', 'incomplete', 'unclear', 'other'];

function Feedback({
  answer,
  seq,
  texts,
  time,
  rating,
  chat,
}: Omit<AnswerProps, 'newest'> & { seq: number }): JSX.Element {
  const [asking, setAsking] = useState(false);
  const [copied, setCopied] = useState(false);
  const down = useRef<HTMLButtonElement>(null);
  const reasons = useRef<HTMLFieldSetElement>(null);
  useLayoutEffect(() => void (reasons.current && reveal(reasons.current)), [asking]);

  /** What leaves the service carries its mark (AI Basic Act: exports need a perceivable one). */
  const copy = async (): Promise<void> => {
    const body = answer.sentences.map(({ text }) => text).join(' ');
    await navigator.clipboard.writeText(`${body}\n\n${markOf(answer, texts, time)}`);
    setCopied(true);
  };

  const rate = (value: Rating): void => {
    chat.rate(seq, value);
    setAsking(value === 'down');
  };

  const explain = (reason: FeedbackReason): void => {
    chat.rate(seq, 'down', reason);
    setAsking(false);
    // The pressed button goes; the focus must not go with it.
    down.current!.focus();
  };

  return (
    <div class="feedback">
      <div class="tools">
        <button type="button" class="tool" aria-pressed={rating === 'up'} onClick={() => rate('up')}>
          <Icon name="up" /> {texts.helpful}
        </button>
        <button ref={down} type="button" class="tool" aria-pressed={rating === 'down'} onClick={() => rate('down')}>
          <Icon name="down" /> {texts.unhelpful}
        </button>
        {navigator.clipboard && (
          <button type="button" class="tool" onClick={() => void copy()}>
            <Icon name="copy" /> {copied ? texts.copied : texts.copy}
          </button>
        )}
      </div>
      {asking && (
        <fieldset ref={reasons} class="reasons">
          <legend>{texts.whyUnhelpful}</legend>
          {REASONS.map((reason) => (
            <button key={reason} type="button" class="choice" onClick={() => explain(reason)}>
              {texts.reasons[reason]}
            </button>
          ))}
        </fieldset>
      )}
      {rating && !asking && (
        <p class="aside" role="status">
          {texts.thanks}
        </p>
      )}
    </div>
  );
}
