import type { JSX } from 'preact';
import type { ChatSnapshot, ProgressStage } from './chat.js';
import type { Texts } from './texts.js';
import { useAfter } from './use-after.js';

interface WaitingProps {
  snapshot: ChatSnapshot;
  texts: Texts;
  onHandoff(): void;
}

/** Milliseconds: before this no sign is needed, after this a word is, after this a way out. */
const SIGN = 300;
const WORD = 7_000;
const WAY_OUT = 15_000;

/** Says that an answer, or a counsellor's, is on its way, and offers a person where it takes long. */
export function Waiting({ snapshot, texts, onHandoff }: WaitingProps): JSX.Element | null {
  const { view, progress, typing } = snapshot;
  const turn = view.openTurns[0];
  const answering = turn !== undefined;
  // Each sentence is a sign of its own: the clock starts again with it.
  return answering || typing ? (
    <Sign
      key={`${turn} ${view.lastSeq}`}
      text={
        answering ? stageText(progress?.turn === turn ? progress?.stage : undefined, texts) : texts.counsellorTyping
      }
      patient={!answering || view.state !== 'assistant'}
      texts={texts}
      onHandoff={onHandoff}
    />
  ) : null;
}

function Sign({
  text,
  patient,
  texts,
  onHandoff,
}: {
  text: string;
  patient: boolean;
  texts: Texts;
  onHandoff(): void;
}): JSX.Element | null {
  const visible = useAfter(SIGN, true);
  const slow = useAfter(WORD, !patient);
  const stuck = useAfter(WAY_OUT, !patient);
  if (!visible) return null;
  return (
    <div class="waiting">
      <p>
        <span class="dots" aria-hidden="true">
          <i />
          <i />
          <i />
        </span>
        {slow ? texts.slow : text}
      </p>
      {stuck && (
        <p class="way-out">
          {texts.slowOffer}{' '}
          <button type="button" class="button" onClick={onHandoff}>
            {texts.requestHandoff}
          </button>
        </p>
      )}
    </div>
  );
}

function stageText(stage: ProgressStage | undefined, texts: Texts): string {
  return stage ? texts[stage] : texts.thinking;
}
