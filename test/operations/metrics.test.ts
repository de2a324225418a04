import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { shipped } from '../../src/config/package-root.js';
import { Retriever } from '../../src/knowledge/index.js';
import { ChatClient } from '../support/chat-client.js';
import { OneSource } from '../support/one-source.js';
import { preparedStore, type PreparedStore } from '../support/prepared-store.js';
import { startService, type RunningService } from '../support/service.js';

const SOURCE = '예약이체는 이체일 전날까지 취소하실 수 있습니다. 예약이체 취소에는 수수료가 없습니다.';
const NUMBER = '010-2345-6789';

let store: PreparedStore;
let service: RunningService;
let client: ChatClient;
let before: Map<string, number>;
let after: Map<string, number>;
let text: string;

/** Name and labels as they are printed, with their values. */
async function figures(): Promise<Map<string, number>> {
  text = await (await fetch(`${service.url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

/** By how much a figure grew while the customer talked. */
const grown = (name: string): number => (after.get(name) ?? 0) - (before.get(name) ?? 0);

beforeAll(async () => {
  store = await preparedStore('embedded');
  service = await startService({
    store,
    replace: [{ token: Retriever, by: new OneSource('예약이체', SOURCE) }],
    script: { chunks: ['1, ', '2'] },
  });
  before = await figures();
  client = await ChatClient.open(service.url);
  await client.ask('예약이체 취소는 언제까지인가요?');
  await client.ask(`제 번호는 ${NUMBER}인데 예약이체 취소 수수료가 있나요?`);
  await client.ask('죽고 싶어요');
  await client.call('feedback:give', { seq: 99, rating: 'up' });
  after = await figures();
});
afterAll(async () => {
  client?.close();
  await service?.stop();
  await store?.remove();
});

describe('/metrics', () => {
  it('counts what was done', () => {
    const counted = [
      'sangdam_turns_total{finish="answered"}',
      'sangdam_turns_total{finish="fixed"}',
      'sangdam_first_sentence_seconds_count',
      'sangdam_turn_seconds_count',
      'sangdam_messages_total{category="CRISIS"}',
      'sangdam_personal_data_total{type="PHONE"}',
      'sangdam_retrieval_seconds_count',
      'sangdam_generations_total{outcome="ended"}',
      'sangdam_errors_total{code="event.unknown"}',
    ];
    expect(Object.fromEntries(counted.map((name) => [name, grown(name)]))).toEqual({
      'sangdam_turns_total{finish="answered"}': 2,
      'sangdam_turns_total{finish="fixed"}': 1,
      sangdam_first_sentence_seconds_count: 3,
      sangdam_turn_seconds_count: 3,
      'sangdam_messages_total{category="CRISIS"}': 1,
      'sangdam_personal_data_total{type="PHONE"}': 1,
      sangdam_retrieval_seconds_count: 2,
      'sangdam_generations_total{outcome="ended"}': 2,
      'sangdam_errors_total{code="event.unknown"}': 1,
    });
    expect(grown('sangdam_append_seconds_count')).toBe(client.events.length);
    expect(grown('sangdam_sentences_total{action="release",category="none"}')).toBeGreaterThanOrEqual(4);
  });

  it('shows what is', () => {
    expect(Object.fromEntries(after)).toMatchObject({
      'sangdam_service_level{level="full"}': 1,
      'sangdam_service_level{level="off"}': 0,
      'sangdam_model_state{state="ready"}': 1,
      'sangdam_conversations{state="queued"}': 1,
      'sangdam_conversations{state="assistant"}': 0,
      sangdam_sockets: 1,
      sangdam_turns_running: 0,
      sangdam_generations_running: 0,
      sangdam_store_up: 1,
      sangdam_retrieval_hybrid: 1,
    });
    expect(after.get('sangdam_store_bytes')).toBeGreaterThan(1_000_000);
  });

  it('names nobody and nothing that anybody said', () => {
    const withoutValues = text.replace(/ [-+.\de]+$/gm, ''); // digits meet by chance in those
    expect(withoutValues).not.toBe(text);
    for (const said of [client.conversationId, NUMBER, '2345', '예약이체', '죽고'])
      expect(withoutValues).not.toContain(said);
  });

  it('is the ground of the board, of the alerts and of the documentation', () => {
    const known = new Set([...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name!));
    const base = (name: string): string => name.replace(/_(bucket|sum|count)$/, '');
    const used = (document: string): string[] => [
      ...new Set([...document.matchAll(/\b(?:sangdam|process|nodejs)_\w+/g)].map(([name]) => name)),
    ];
    const board = JSON.parse(readFileSync(shipped('docs', 'grafana', 'sangdam.json'), 'utf8')) as Board;
    const queries = board.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    const alerts = parse(readFileSync(shipped('docs', 'grafana', 'alerts.yaml'), 'utf8')) as Alerts;
    const conditions = alerts.groups.flatMap(({ rules }) => rules.map(({ expr }) => expr));
    for (const expressions of [queries, conditions]) {
      const names = used(expressions.join('\n'));
      expect(names.length).toBeGreaterThan(5);
      expect(names.filter((name) => !known.has(name) && !known.has(base(name)))).toEqual([]);
    }
    const documented = used(readFileSync(shipped('docs', 'operations.md'), 'utf8'));
    const own = [...known].filter((name) => name.startsWith('sangdam_'));
    expect(own.filter((name) => !documented.includes(name))).toEqual([]);
    expect(
      documented.filter((name) => name.startsWith('sangdam_') && !known.has(base(name)) && !known.has(name)),
    ).toEqual([]);
  });
});

interface Board {
  panels: { targets?: { expr: string }[] }[];
}
interface Alerts {
  groups: { rules: { expr: string }[] }[];
}
