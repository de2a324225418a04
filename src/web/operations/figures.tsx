import type { ComponentChildren, JSX } from 'preact';
import type { OperationsReport, Quantiles } from '../../operations/report.js';
import type { Formats } from './formats.js';
import { fill, type Texts } from './texts.js';

interface FiguresProps {
  texts: Texts;
  formats: Formats;
  report: OperationsReport;
}

/** What is going on, part by part. */
export function Figures(props: FiguresProps): JSX.Element {
  return (
    <div class="cards">
      <HealthCard {...props} />
      <NowCard {...props} />
      <RecentCard {...props} />
      <ErrorsCard {...props} />
      <VersionsCard {...props} />
    </div>
  );
}

function HealthCard({ texts, report }: FiguresProps): JSX.Element {
  const { status, store, retrieval, secondTier, audit, chatModel } = report.health;
  const { state, model, progress, hosts = [] } = chatModel;
  return (
    <Card id="health" title={texts.healthTitle} badge={<State of={status} text={texts.statuses[status]} />}>
      <dl>
        <Fact name={texts.store}>
          <State of={store === 'unavailable' ? 'unavailable' : 'ready'} text={texts.stores[store]} />
        </Fact>
        <Fact name={texts.retrieval}>
          <State of={retrieval === 'hybrid' ? 'ready' : 'degraded'} text={texts.retrievals[retrieval]} />
        </Fact>
        <Fact name={texts.secondTier}>
          <State
            of={secondTier.state === 'ready' ? 'ready' : 'degraded'}
            text={texts.secondTiers[secondTier.state === 'ready' ? 'ready' : secondTier.reason]}
          />
        </Fact>
        <Fact name={texts.audit}>
          <State of={audit} text={texts.audits[audit]} />
        </Fact>
        <Fact name={texts.chatModel}>
          <State of={MODEL_STATE[state]} text={texts.modelStates[state]} />
          {state === 'fetching' && (
            <progress value={progress ?? 0} aria-label={`${texts.chatModel}: ${texts.modelStates.fetching}`} />
          )}
          {model && <span class="detail">{model}</span>}
          {report.chatModelReason && <span class="detail">{report.chatModelReason}</span>}
        </Fact>
        {hosts.map((host) => (
          <Fact key={host.url} name={new URL(host.url).host}>
            <State of={HOST_STATE[host.state]} text={texts.hostStates[host.state]} />
            <span class="detail">{fill(texts.hostRunning, { n: host.running })}</span>
          </Fact>
        ))}
      </dl>
    </Card>
  );
}

const MODEL_STATE = {
  none: 'none',
  fetching: 'degraded',
  loading: 'degraded',
  ready: 'ready',
  failed: 'unavailable',
} as const;

const HOST_STATE = { unknown: 'degraded', up: 'ready', down: 'unavailable' } as const;

function NowCard({ texts, formats, report }: FiguresProps): JSX.Element {
  const { turns, sockets, conversations } = report;
  const count = (value: number | undefined): string => (value === undefined ? '–' : formats.number(value));
  return (
    <Card id="now" title={texts.nowTitle}>
      <dl class="numbers">
        <Fact name={texts.turnsRunning}>{count(turns.running)}</Fact>
        <Fact name={texts.turnsWaiting}>{count(turns.waiting)}</Fact>
        <Fact name={texts.queued}>{count(conversations?.queued)}</Fact>
        <Fact name={texts.sockets}>{count(sockets)}</Fact>
        <Fact name={texts.inAssistant}>{count(conversations?.assistant)}</Fact>
        <Fact name={texts.inCounsellor}>{count(conversations?.counsellor)}</Fact>
      </dl>
    </Card>
  );
}

function RecentCard({ texts, formats, report }: FiguresProps): JSX.Element {
  const { count, perMinute, firstSentence, total } = report.recent.turns;
  const both = ({ p50, p95 }: Quantiles): ComponentChildren =>
    p50 === undefined || p95 === undefined ? (
      <span class="muted">{texts.none}</span>
    ) : (
      <>
        {formats.seconds(p50)} <span class="detail">{texts.median}</span>
        <br />
        {formats.seconds(p95)} <span class="detail">{texts.p95}</span>
      </>
    );
  return (
    <Card id="recent" title={texts.recentTitle}>
      <dl class="numbers">
        <Fact name={texts.answered}>{formats.number(count)}</Fact>
        <Fact name={texts.perMinute}>{formats.number(perMinute)}</Fact>
        <Fact name={texts.firstSentence}>{both(firstSentence)}</Fact>
        <Fact name={texts.wholeAnswer}>{both(total)}</Fact>
      </dl>
    </Card>
  );
}

function ErrorsCard({ texts, formats, report }: FiguresProps): JSX.Element {
  const { errors } = report.recent;
  return (
    <Card id="errors" title={texts.errorsTitle}>
      {errors.length === 0 ? (
        <p class="muted">{texts.errorsNone}</p>
      ) : (
        <div class="scroll" tabIndex={0} role="group" aria-labelledby="errors">
          <table>
            <thead>
              <tr>
                <th scope="col">{texts.code}</th>
                <th scope="col" class="count">
                  {texts.count}
                </th>
                <th scope="col">{texts.last}</th>
              </tr>
            </thead>
            <tbody>
              {errors.map(({ code, count, lastAt }) => (
                <tr key={code}>
                  <td>
                    <code>{code}</code>
                  </td>
                  <td class="count">{formats.number(count)}</td>
                  <td class="time">{formats.moment(lastAt)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function VersionsCard({ texts, formats, report }: FiguresProps): JSX.Element {
  const { versions, storeBytes, uptime } = report;
  const unknown = <span class="muted">{texts.unknown}</span>;
  return (
    <Card id="versions" title={texts.versionsTitle}>
      <dl>
        <Fact name={texts.product}>
          {versions.product} <span class="detail">Node {versions.node}</span>
        </Fact>
        <Fact name={texts.rules}>
          <code>{versions.rules}</code>
        </Fact>
        <Fact name={texts.prompts}>
          <code>{versions.prompts}</code>
        </Fact>
        <Fact name={texts.knowledge}>{versions.knowledge ?? unknown}</Fact>
        <Fact name={texts.migration}>{versions.migration?.replace(/\.sql$/, '') ?? unknown}</Fact>
        {versions.modelSha256 && (
          <Fact name={texts.modelSha256}>
            <code>{versions.modelSha256}</code>
          </Fact>
        )}
        <Fact name={texts.storeBytes}>{storeBytes === undefined ? unknown : formats.bytes(storeBytes)}</Fact>
        <Fact name={texts.uptime}>{formats.duration(uptime)}</Fact>
      </dl>
    </Card>
  );
}

interface CardProps {
  id: string;
  title: string;
  badge?: JSX.Element;
  children: ComponentChildren;
}

function Card({ id, title, badge, children }: CardProps): JSX.Element {
  return (
    <section class={`card ${id}`} aria-labelledby={id}>
      <div class="card-head">
        <h2 id={id}>{title}</h2>
        {badge}
      </div>
      {children}
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** In words; the colour only helps. */
function State({ of, text }: { of: 'none' | 'ready' | 'degraded' | 'unavailable'; text: string }): JSX.Element {
  return <span class={`state ${of}`}>{text}</span>;
}
