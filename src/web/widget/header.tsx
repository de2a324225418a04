import type { JSX } from 'preact';
import type { ConversationView } from './conversation-state.js';
import { Icon } from './icons.js';
import { fill, type Texts } from './texts.js';

/** Text sizes of 큰글씨, CSS pixels. */
export const TEXT_SIZES = [16, 20, 24] as const;
export type TextSize = (typeof TEXT_SIZES)[number];

interface HeaderProps {
  view: ConversationView;
  texts: Texts;
  textSize: TextSize;
  onTextSize(size: TextSize): void;
  onClose(): void;
}

/** Who speaks, in words; larger letters; the way out. */
export function Header({ view, texts, textSize, onTextSize, onClose }: HeaderProps): JSX.Element {
  const at = TEXT_SIZES.indexOf(textSize);
  const step = (by: number) => () => onTextSize(TEXT_SIZES[at + by] ?? textSize);
  return (
    <header class="header">
      <span class="mark" aria-hidden="true">
        <Icon name="chat" />
      </span>
      <div class="who">
        <h2 id="title">{texts.title}</h2>
        <p class={`speaker speaker-${view.state}`}>{speaker(view, texts)}</p>
      </div>
      <div class="header-tools">
        <button
          type="button"
          class="icon-button"
          aria-label={`${texts.smallerMark} ${texts.smaller}`}
          aria-disabled={at === 0}
          onClick={step(-1)}
        >
          {texts.smallerMark}
        </button>
        <button
          type="button"
          class="icon-button"
          aria-label={`${texts.largerMark} ${texts.larger}`}
          aria-disabled={at === TEXT_SIZES.length - 1}
          onClick={step(1)}
        >
          {texts.largerMark}
        </button>
        <button type="button" class="icon-button" aria-label={texts.close} onClick={onClose}>
          {textSize === TEXT_SIZES[0] ? <Icon name="close" /> : texts.dismiss}
        </button>
      </div>
    </header>
  );
}

/** Who speaks now, for the header and the announcer. */
export function speaker({ state, counsellor }: ConversationView, texts: Texts): string {
  switch (state) {
    case 'assistant':
      return texts.speakerAi;
    case 'queued':
      return texts.speakerQueued;
    case 'counsellor':
      return fill(texts.speakerCounsellor, { name: counsellor ?? '' });
    case 'closed':
      return texts.speakerClosed;
    default:
      return state satisfies never;
  }
}
