import type { JSX } from 'preact';
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import type { OperationsReport } from '../../operations/report.js';
import { Figures } from './figures.js';
import { LevelSwitch } from './level-switch.js';
import { OperationsService, Refused } from './service.js';
import { SignIn } from './sign-in.js';
import { fill, TEXTS, type Locale } from './texts.js';
import { Formats } from './formats.js';

/** How often the service is asked, milliseconds. */
const INTERVAL = 2_000;

type View =
  | { kind: 'asking' }
  | { kind: 'report'; report: OperationsReport; lost: boolean }
  | { kind: 'lost' }
  | { kind: 'token' }
  | { kind: 'refused'; message: string };

/** The whole page: asks the service again and again, and shows what it said last. */
export function App(): JSX.Element {
  const [locale, setLocale] = useState<Locale>(navigator.language.startsWith('ko') ? 'ko' : 'en');
  const texts = TEXTS[locale];
  const formats = useMemo(() => new Formats(locale), [locale]);
  const service = useMemo(() => new OperationsService(locale), [locale]);
  const [view, refresh] = useReport(service);

  useEffect(() => {
    document.documentElement.lang = locale;
    document.title = texts.title;
  }, [locale]);

  const signOut = (): void => void service.signOut().then(refresh, refresh);
  const other: Locale = locale === 'ko' ? 'en' : 'ko';
  return (
    <>
      <header class="top">
        <h1>{texts.title}</h1>
        {view.kind === 'report' && <p class="muted">{fill(texts.updated, { time: formats.time(view.report.at) })}</p>}
        <div class="top-actions">
          <button type="button" class="quiet" lang={other} onClick={() => setLocale(other)}>
            {texts.otherLanguage}
          </button>
          {view.kind === 'report' && view.report.signedIn && (
            <button type="button" class="quiet" onClick={signOut}>
              {texts.signOut}
            </button>
          )}
        </div>
      </header>
      <main>
        {view.kind === 'lost' && <Lost text={texts.lostNever} retry={texts.retry} onRetry={refresh} />}
        {view.kind === 'refused' && (
          <p class="banner danger" role="alert">
            {view.message}
          </p>
        )}
        {view.kind === 'token' && <SignIn service={service} texts={texts} onSignedIn={refresh} />}
        {view.kind === 'report' && (
          <>
            {view.lost && (
              <Lost
                text={fill(texts.lost, { time: formats.time(view.report.at) })}
                retry={texts.retry}
                onRetry={refresh}
              />
            )}
            <LevelSwitch {...{ service, texts, formats, report: view.report, onChanged: refresh }} />
            <Figures texts={texts} formats={formats} report={view.report} />
          </>
        )}
      </main>
    </>
  );
}

function Lost({ text, retry, onRetry }: { text: string; retry: string; onRetry: () => void }): JSX.Element {
  return (
    <div class="banner danger" role="alert">
      <p>{text}</p>
      <button type="button" onClick={onRetry}>
        {retry}
      </button>
    </div>
  );
}

/** The newest report, asked for every two seconds while the page is seen, and the way to ask at once. */
function useReport(service: OperationsService): [View, () => Promise<void>] {
  const [view, setView] = useState<View>({ kind: 'asking' });
  const refresh = useCallback(async () => {
    try {
      setView({ kind: 'report', report: await service.report(), lost: false });
    } catch (error) {
      setView((last) => afterFailure(last, error));
    }
  }, [service]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let ended = false;
    const ask = async (): Promise<void> => {
      if (!document.hidden) await refresh();
      if (!ended) timer = setTimeout(() => void ask(), INTERVAL);
    };
    void ask();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, [refresh]);
  return [view, refresh];
}

function afterFailure(last: View, error: unknown): View {
  if (error instanceof Refused) {
    if (error.status === 401) return { kind: 'token' };
    if (error.status < 500) return { kind: 'refused', message: error.message };
  }
  return last.kind === 'report' ? { ...last, lost: true } : { kind: 'lost' };
}
