import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { preparedStore, type PreparedStore } from '../support/prepared-store.js';
import { startService, type RunningService } from '../support/service.js';

const TOKEN = 'operator-token-of-more-than-32-characters';
const OWN = { 'x-sangdam': 'operations', 'content-type': 'application/json' };
const SURFACES = ['/api/operations', '/metrics', '/operations/'];

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** With node:http, since `fetch` sets Host and Origin by itself. */
function call(
  url: string,
  path: string,
  options: { method?: string; headers?: object; body?: object } = {},
): Promise<Answer> {
  const { method = 'GET', headers, body } = options;
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, url), { method, headers: { ...headers } }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body: text }));
    });
    sent.on('error', reject);
    sent.end(body && JSON.stringify(body));
  });
}

const code = ({ body }: Answer): string => (JSON.parse(body) as { code: string }).code;

let store: PreparedStore;
let service: RunningService;
/** One service for each environment; they share the store one after the other. */
async function serve(environment: Record<string, string>): Promise<void> {
  store ??= await preparedStore('embedded');
  service = await startService({ store, environment });
}
afterAll(() => store?.remove());

describe('without a token', () => {
  beforeAll(() => serve({}));
  afterAll(() => service.stop());

  it.each(SURFACES)('%s is there for this machine', async (path) => {
    expect((await call(service.url, path)).status).toBe(200);
  });

  it.each([
    ['that a proxy forwarded', { 'x-forwarded-for': '10.0.0.1' }],
    ['for another name of this machine (DNS rebinding)', { host: 'evil.example' }],
  ])('nothing is there for requests %s', async (_, headers) => {
    for (const path of SURFACES) expect((await call(service.url, path, { headers })).status).toBe(404);
    const ready = await call(service.url, '/health/ready', { headers });
    expect(JSON.parse(ready.body)).toEqual({ status: 'ready' });
  });

  it.each([
    ['of a page of another origin', { ...OWN, origin: 'https://evil.example' }],
    ['that the browser marks as cross-site', { ...OWN, 'sec-fetch-site': 'cross-site' }],
    ['without our header', { 'content-type': 'application/json' }],
  ])('a change %s is refused', async (_, headers) => {
    const answer = await call(service.url, '/api/operations/level', { method: 'PUT', headers, body: { level: 'off' } });
    expect(answer.status).toBe(403);
    expect(code(answer)).toBe('operator.cross-origin');
    expect(JSON.parse((await call(service.url, '/api/operations')).body)).toMatchObject({ level: 'full' });
  });

  it('a change from our own page is made, a wrong one is explained by problem details', async () => {
    const { host } = new URL(service.url);
    const headers = { ...OWN, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' };
    const put = (body: object) => call(service.url, '/api/operations/level', { method: 'PUT', headers, body });
    expect(JSON.parse((await put({ level: 'exemplars', reason: '점검' })).body)).toMatchObject({ level: 'exemplars' });
    const { body } = await call(service.url, '/api/operations');
    expect(JSON.parse(body)).toMatchObject({
      level: 'exemplars',
      levelChanges: [{ level: 'exemplars', reason: '점검', by: 'operations page' }],
    });
    const wrong = await put({ level: 'half' });
    expect(wrong.headers['content-type']).toContain('application/problem+json');
    expect(JSON.parse(wrong.body)).toMatchObject({ status: 400, code: 'input.invalid', field: 'level' });
  });
});

describe('with a token', () => {
  beforeAll(() => serve({ SANGDAM_OPERATOR_TOKEN: TOKEN }));
  afterAll(() => service.stop());

  it('it is needed on this machine too, and opens everything as a Bearer', async () => {
    for (const path of ['/api/operations', '/metrics']) {
      expect((await call(service.url, path)).status).toBe(401);
      const wrong = await call(service.url, path, { headers: { authorization: 'Bearer wrong' } });
      expect([wrong.status, wrong.headers['www-authenticate']]).toEqual([401, 'Bearer']);
      const right = await call(service.url, path, { headers: { authorization: `Bearer ${TOKEN}` } });
      expect(right.status).toBe(200);
    }
  });

  it('it is exchanged for a session cookie that no script reads and no other site sends', async () => {
    const signIn = (token: string) =>
      call(service.url, '/api/operations/session', { method: 'POST', headers: OWN, body: { token } });
    expect(code(await signIn('wrong'))).toBe('operator.unauthorised');
    const opened = await signIn(TOKEN);
    expect(opened.status).toBe(204);
    const [cookie] = opened.headers['set-cookie'] as string[];
    expect(cookie).toContain('HttpOnly');
    expect(cookie).toContain('SameSite=Strict');
    expect(cookie).not.toContain(TOKEN);
    const session = cookie!.split(';')[0]!;
    const read = (value: string) => call(service.url, '/api/operations', { headers: { cookie: value } });
    expect((await read(`other=1; ${session}`)).status).toBe(200);
    expect((await read(`${session}x`)).status).toBe(401);
  });

  it('is tried ten times a minute at most', async () => {
    const statuses = new Set<number>();
    for (let tries = 0; tries < 11; tries++)
      statuses.add(
        (await call(service.url, '/api/operations/session', { method: 'POST', headers: OWN, body: { token: 'x' } }))
          .status,
      );
    expect(statuses).toContain(429);
  });
});

describe('behind a proxy without a token', () => {
  beforeAll(() => serve({ SANGDAM_PROXY: '1' }));
  afterAll(() => service.stop());

  it.each(SURFACES)('%s is not there, even for this machine', async (path) => {
    expect((await call(service.url, path)).status).toBe(404);
  });
});
