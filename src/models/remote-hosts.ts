import { createHash } from 'node:crypto';
import type { ChatModelStatus, HostStatus } from './chat-model.js';
import { RemoteHost, type ProbeTimes, type RemoteSettings } from './remote-host.js';

/** The 1 + ε of bounded loads: a host that has a quarter more than its share to do is left. */
const BOUND = 1.25;

/** The servers of one model: which are well, and which one is asked. */
export class RemoteHosts {
  private readonly hosts: readonly RemoteHost[];

  constructor(settings: RemoteSettings, times: ProbeTimes = {}) {
    this.hosts = settings.urls.map(
      (url) => new RemoteHost(url, settings, () => this.hosts.some((host) => host.url !== url && isUp(host)), times),
    );
  }

  get count(): number {
    return this.hosts.length;
  }

  /** Ready while one host is up; else why the first one is not. `model` once a host has told what it serves. */
  status(): Pick<ChatModelStatus, 'state' | 'reason'> & { model?: string; hosts: HostStatus[] } {
    const hosts = this.hosts.map((host) => host.status());
    const up = hosts.find(({ state }) => state === 'up');
    const model = (up ?? hosts.find((host) => host.model !== undefined))?.model;
    const known = { ...(model === undefined ? {} : { model }), hosts };
    if (up) return { state: 'ready', ...known };
    if (hosts.some(({ state }) => state === 'unknown')) return { state: 'loading', reason: 'loading', ...known };
    return { state: 'failed', reason: hosts[0]?.reason ?? 'host-unreachable', ...known };
  }

  /** Resolves when one host is up, or all are known to be down. */
  async settled(): Promise<void> {
    const looks = this.hosts.map((host) => host.probe().then(() => (isUp(host) ? undefined : Promise.reject(host))));
    await Promise.any(looks).catch(() => {});
  }

  /**
   * The host for a request, none of `tried`. The same key goes to the same host, whose prompt cache still holds its beginning
   * (rendezvous hashing: another host's coming or going moves no key between the rest), unless that has more than its share to
   * do (Mirrokni, Thorup, Zadimoghaddam: Consistent Hashing with Bounded Loads, SODA 2018). A host that rests is the last choice.
   */
  choose(key: string, tried: ReadonlySet<RemoteHost>): RemoteHost | undefined {
    const open = this.hosts.filter((host) => isUp(host) && !tried.has(host));
    const awake = open.filter((host) => host.restMs === 0);
    if (awake.length === 0) return open.toSorted((a, b) => a.restMs - b.restMs)[0];
    const running = awake.reduce((sum, host) => sum + host.running, 0);
    const capacity = Math.ceil((BOUND * (running + 1)) / awake.length);
    return awake.toSorted((a, b) => score(key, b) - score(key, a)).find((host) => host.running < capacity);
  }

  close(): void {
    for (const host of this.hosts) host.close();
  }
}

function isUp(host: RemoteHost): boolean {
  return host.status().state === 'up';
}

function score(key: string, { url }: RemoteHost): number {
  return createHash('sha256').update(`${key}\0${url}`).digest().readUIntBE(0, 6);
}
