import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { HangulEnter } from './hangul-enter.js';
import { Icon } from './icons.js';
import { fill, type Texts } from './texts.js';

/** The service takes so many UTF-16 units. */
const LIMIT = 4_000;
const COUNTED_FROM = 3_500;
const MAX_ROWS = 5;

interface ComposerProps {
  texts: Texts;
  /** A turn is under way: Stop stands in the place of Send, and beside it once there is a text. */
  answering: boolean;
  /** 큰글씨: words instead of icons. */
  large: boolean;
  /** Kept by the caller while the panel is closed; in memory only, since computers are shared. */
  draft: { text: string };
  onSend(text: string): void;
  onStop(): void;
  onTyping(): void;
}

/**
 * The text field and its button. The field is uncontrolled: whatever writes to it during a Hangul composition would break
 * the syllable. See HangulEnter for what Enter does.
 */
export function Composer({ texts, answering, large, draft, onSend, onStop, onTyping }: ComposerProps): JSX.Element {
  const field = useRef<HTMLTextAreaElement>(null);
  const [hangul] = useState(() => new HangulEnter());
  const [length, setLength] = useState(draft.text.length);

  useLayoutEffect(() => {
    field.current!.value = draft.text;
    changed();
  }, [draft]);

  useEffect(() => {
    // Its width changes: buttons beside it come and go, phones are turned, letters grow.
    let frame = 0;
    const observer = new ResizeObserver(() => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => field.current && fitRows(field.current));
    });
    observer.observe(field.current!);
    return () => observer.disconnect();
  }, []);

  const changed = (): void => {
    draft.text = field.current!.value;
    setLength(draft.text.length);
    fitRows(field.current!);
  };

  const send = (): void => {
    hangul.sent();
    const text = field.current!.value.trim();
    if (text === '' || text.length > LIMIT) return;
    field.current!.value = '';
    changed();
    onSend(text);
  };

  /** The browser has committed the last syllable by now, and perhaps put the line break of that Enter behind it. */
  const sendCommitted = (): void => {
    setTimeout(() => {
      if (!hangul.pending || !field.current) return;
      dropLineBreakAtCaret(field.current);
      send();
    });
  };

  const keyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' && event.code !== 'Enter') return;
    if (isTouch()) return;
    const composing = event.isComposing || event.keyCode === 229;
    const outcome = hangul.enter({ composing, shift: event.shiftKey, at: event.timeStamp });
    if (outcome === 'newline') return;
    // During a composition the key belongs to the input method; preventing it can break the commit.
    if (!event.isComposing) event.preventDefault();
    if (outcome === 'send') send();
    // Safari: compositionend has been, this is its Enter.
    if (outcome === 'send-soon' && !event.isComposing) sendCommitted();
  };

  const input = (event: InputEvent): void => {
    if (!event.isComposing && isTyping(event)) hangul.plainInput();
    // A line break of an Enter whose message has just gone.
    if (field.current!.value === '\n' && draft.text === '') field.current!.value = '';
    changed();
    onTyping();
  };

  /** One button is Send and then Stop: the second half of a double click must not stop what the first one asked. */
  const pressed = (act: () => void) => (event: MouseEvent) => {
    if (event.detail > 1) return;
    act();
    field.current!.focus();
  };

  const over = length - LIMIT;
  return (
    <div class="composer">
      <textarea
        ref={field}
        rows={1}
        aria-label={texts.composer}
        aria-describedby="counter"
        aria-invalid={over > 0}
        placeholder={large ? texts.composer : texts.placeholder}
        enterkeyhint="enter"
        autocomplete="off"
        onKeyDown={keyDown}
        onCompositionStart={() => hangul.compositionStart()}
        onCompositionUpdate={(event) => hangul.compositionUpdate(event.data)}
        onCompositionEnd={() => hangul.compositionEnd() && sendCommitted()}
        onInput={input}
      />
      <div class="composer-tools">
        {answering && (
          <button key="stop" type="button" class="send stop" aria-label={texts.stop} onClick={pressed(onStop)}>
            {texts.stopShort}
          </button>
        )}
        {(!answering || length > 0) && (
          <button
            key="send"
            type="button"
            class="send"
            aria-label={texts.send}
            aria-disabled={length === 0 || over > 0}
            onClick={pressed(send)}
          >
            {large ? texts.send : <Icon name="send" />}
          </button>
        )}
      </div>
      <p id="counter" class={over > 0 ? 'counter over' : 'counter'} role={over > 0 ? 'alert' : undefined}>
        {over > 0
          ? fill(texts.tooLong, { limit: LIMIT.toLocaleString(), over: over.toLocaleString() })
          : length >= COUNTED_FROM &&
            fill(texts.counter, { n: length.toLocaleString(), limit: LIMIT.toLocaleString() })}
      </p>
    </div>
  );
}

/** On a touch keyboard Enter makes a new line; the button sends. */
function isTouch(): boolean {
  return matchMedia('(hover: none) and (pointer: coarse)').matches;
}

/** Line breaks and commits are part of an Enter, not a sign that its composition is over. */
function isTyping({ inputType }: InputEvent): boolean {
  return inputType !== 'insertLineBreak' && inputType !== 'insertParagraph' && !inputType.includes('Composition');
}

function dropLineBreakAtCaret(field: HTMLTextAreaElement): void {
  const { value, selectionStart: caret } = field;
  if (value[caret - 1] === '\n') field.value = value.slice(0, caret - 1) + value.slice(caret);
}

function fitRows(field: HTMLTextAreaElement): void {
  field.rows = 1;
  const { lineHeight, paddingTop, paddingBottom } = getComputedStyle(field);
  const padding = Number.parseFloat(paddingTop) + Number.parseFloat(paddingBottom);
  const lines = Math.round((field.scrollHeight - padding) / Number.parseFloat(lineHeight));
  field.rows = Math.max(1, Math.min(MAX_ROWS, lines));
}
