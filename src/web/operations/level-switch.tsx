import type { JSX, TargetedSubmitEvent } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { Level } from '../../conversation/level.js';
import type { OperationsReport } from '../../operations/report.js';
import type { Formats } from './formats.js';
import type { OperationsService } from './service.js';
import { fill, type Texts } from './texts.js';

interface LevelSwitchProps {
  service: OperationsService;
  texts: Texts;
  formats: Formats;
  report: OperationsReport;
  onChanged: () => void;
}

const LEVELS: readonly Level[] = ['full', 'exemplars', 'people', 'off'];
const REASON_LIMIT = 200;

/** The level in force, its history, and the switch: another level is asked about, with a reason, before it is set. */
export function LevelSwitch({ service, texts, formats, report, onChanged }: LevelSwitchProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const [wanted, setWanted] = useState<Level>('full');
  const [error, setError] = useState<string>();
  const [told, setTold] = useState('');

  const ask = (level: Level): void => {
    setWanted(level);
    setError(undefined);
    dialog.current!.querySelector('form')!.reset();
    dialog.current!.showModal();
  };
  const change = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const reason = String(new FormData(event.currentTarget).get('reason')).trim();
    try {
      await service.setLevel(wanted, reason);
      dialog.current!.close();
      setTold(fill(texts.changed, { level: texts.levels[wanted] }));
    } catch (refused) {
      setError(refused instanceof Error ? refused.message : String(refused));
    }
    onChanged();
  };

  const { level, levelChanges: changes = [] } = report;
  const [last] = changes;
  return (
    <section class="card level" aria-labelledby="level-title">
      <h2 id="level-title">{texts.levelTitle}</h2>
      <ul class="levels">
        {LEVELS.map((each) => (
          <li key={each}>
            <button
              type="button"
              class={`level-button ${each}`}
              aria-pressed={each === level}
              aria-describedby={`meaning-${each}`}
              onClick={() => each !== level && ask(each)}
            >
              <b>{texts.levels[each]}</b>
              {each === level && <span class="badge">{texts.current}</span>}
            </button>
            <p id={`meaning-${each}`} class="muted">
              {texts.levelMeanings[each]}
            </p>
          </li>
        ))}
      </ul>
      <p class="muted">
        {last
          ? fill(texts.since, { time: formats.moment(last.at), by: texts.by[last.by] })
          : report.levelChanges && texts.initial}
        {last?.reason && ` · ${texts.reason}: ${last.reason}`}
      </p>
      <p role="status" class="told">
        {told}
      </p>
      {changes.length > 0 && (
        <details>
          <summary>{texts.history}</summary>
          <div class="scroll" tabIndex={0} role="group" aria-label={texts.history}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{texts.when}</th>
                  <th scope="col">{texts.level}</th>
                  <th scope="col">{texts.who}</th>
                  <th scope="col">{texts.reason}</th>
                </tr>
              </thead>
              <tbody>
                {changes.map((entry) => (
                  <tr key={entry.at}>
                    <td class="time">{formats.moment(entry.at)}</td>
                    <td>{texts.levels[entry.level]}</td>
                    <td>{texts.by[entry.by]}</td>
                    <td>{entry.reason ?? ''}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      )}
      <dialog ref={dialog} aria-labelledby="confirm-title">
        <form onSubmit={(event) => void change(event)}>
          <h2 id="confirm-title">{fill(texts.confirmTitle, { level: texts.levels[wanted] })}</h2>
          <p>{texts.levelMeanings[wanted]}</p>
          <p class="muted">{texts.confirmScope}</p>
          {error && (
            <p class="banner danger" role="alert">
              {error}
            </p>
          )}
          <label for="reason">{texts.reasonLabel}</label>
          <textarea id="reason" name="reason" rows={2} maxLength={REASON_LIMIT} />
          <div class="actions">
            <button type="button" onClick={() => dialog.current!.close()}>
              {texts.cancel}
            </button>
            <button type="submit" class={wanted === 'off' ? 'solid danger' : 'solid'}>
              {texts.change}
            </button>
          </div>
        </form>
      </dialog>
    </section>
  );
}
