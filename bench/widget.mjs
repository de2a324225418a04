// The customers' widget on a phone: bytes, time until it can be used, and long tasks in a conversation of 200 messages, beside
// an empty page that only loads socket.io-client, connects and opens the same conversation (the lower bound: a chat without
// anything to see).
// Usage: node scripts/prepare.mjs && node bench/widget.mjs [runs, 5 by default]
//
// The phone is Chromium with a CPU four times as slow and "slow 4G" as Lighthouse has it: 1.6 Mbit/s down, 750 kbit/s up,
// 150 ms for a round trip (Network.emulateNetworkConditions; frames of WebSockets are not slowed). Files are served as the
// service serves them: br. The two pages take turns, so that what else runs on the machine slows both.
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { Server } from 'socket.io';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const runs = Number(process.argv[2] ?? 5);
const AIM = { bytes: 35_000, ready: 1_000, task: 50 };
const SLOW_4G = { offline: false, latency: 150, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8 };
const CPU = 4;

const built = (name) => readFileSync(join(root, 'dist', 'web', name));
const peer = readFileSync(join(root, 'node_modules', 'socket.io-client', 'dist', 'socket.io.min.js'));
const head = '<!doctype html><html lang="ko"><meta charset="utf-8"><meta name="viewport" content="width=device-width">';
const files = {
  // The moments are kept from before the scripts run.
  '/widget': `${head}<title>bank</title><script src="/moments.js"></script><script src="/widget.js" async></script>
    <sangdam-chat hours="평일 09:00~18:00"></sangdam-chat>`,
  '/open': `${head}<title>bank</title><script src="/moments.js"></script><script src="/widget.js" async></script>
    <sangdam-chat auto-open></sangdam-chat>`,
  '/peer': `${head}<title>bank</title><script src="/moments.js"></script><script src="/socket.io.js"></script><script src="/peer.js"></script>`,
  // Asked from within the page: a browser driver that looks for elements is itself a long task.
  '/moments.js': `window.tasks = []; window.moments = {};
    window.shadow = () => document.querySelector('sangdam-chat')?.shadowRoot;
    window.until = async (holds) => { while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20)); };
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask', buffered: true });
    document.addEventListener('sangdam:ready', () => (moments.ready = performance.now()));`,
  '/peer.js': `const socket = io('/chat', { transports: ['websocket'] });
    socket.on('event', () => {});
    socket.on('connect', () => socket.emit('conversation:open', { locale: 'ko' }, () => (moments.opened = performance.now())));`,
  '/widget.js': built('widget.js'),
  '/widget.socket.js': built('widget.socket.js'),
  '/socket.io.js': peer,
};
const compressed = Object.fromEntries(Object.entries(files).map(([path, body]) => [path, brotliCompressSync(body)]));

/** 100 questions and answers of three sentences with their sources, as the service commits them. */
function conversation() {
  const events = [];
  const commit = (type, origin, data) =>
    events.push({
      seq: events.length + 1,
      type,
      origin,
      at: new Date(1.8e12 + events.length * 9e4).toISOString(),
      data,
    });
  commit('notice', 'system', { kind: 'ai', text: '이 상담은 인공지능(AI)이 답변합니다.' });
  for (let n = 1; n <= 100; n++) {
    commit('message', 'customer', { text: `${n}번째 질문입니다. 정기예금 만기가 지나면 이자는 어떻게 되나요?` });
    answer(commit, events.length, n);
  }
  return events;
}

function answer(commit, turn, n) {
  const sources = [
    {
      id: `passage:${n}`,
      title: '한결 정기예금 상품설명서',
      text: '만기일이 지난 뒤에는 만기후이율을 적용합니다. '.repeat(4),
    },
  ];
  const texts = [
    `${n}번째 답입니다. 한결 정기예금은 만기일 다음 날부터 만기후이율로 이자를 계산합니다.`,
    '만기후이율은 가입할 때의 기본이율보다 낮고, 만기가 지난 기간이 길수록 더 낮아질 수 있습니다.',
    '예금은 원금과 이자를 합해 예금자 1명당 1억원까지 보호됩니다.',
  ];
  for (const [index, text] of texts.entries()) commit('answer.sentence', 'exemplar', { turn, index, text, sources });
  commit('answer.completed', 'system', { turn, finish: 'exemplar' });
}

const http = createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  const body = compressed[pathname];
  if (!body) return response.writeHead(204).end();
  const type = pathname.endsWith('.js') ? 'text/javascript' : 'text/html; charset=utf-8';
  response.writeHead(200, { 'content-type': type, 'content-encoding': 'br' }).end(body);
});
const io = new Server(http, { serveClient: false });
io.of('/chat').on('connection', (socket) => {
  const events = conversation();
  const id = { conversationId: crypto.randomUUID(), resumeToken: 'x'.repeat(32), state: 'assistant' };
  socket.on('conversation:open', (_, acknowledge) => acknowledge({ ok: true, ...id, events }));
  socket.on('typing', (_, acknowledge) => acknowledge({ ok: true }));
  socket.on('message:send', ({ text }, acknowledge) => {
    const commit = (type, origin, data) => {
      events.push({ seq: events.length + 1, type, origin, at: new Date().toISOString(), data });
      socket.emit('event', events.at(-1));
    };
    commit('message', 'customer', { text });
    acknowledge({ ok: true, seq: events.length });
    answer(commit, events.length, 101);
  });
});
await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${http.address().port}`;
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
if (!existsSync(executablePath)) throw new Error(`needs Chromium: nothing at ${executablePath} (set CHROMIUM)`);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });

/** A new phone at that page. */
async function phone(path) {
  const context = await browser.newContext({ locale: 'ko-KR', viewport: { width: 390, height: 844 }, hasTouch: true });
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send('Network.enable');
  await cdp.send('Network.emulateNetworkConditions', SLOW_4G);
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: CPU });
  await page.goto(origin + path);
  return page;
}

/** Milliseconds from the beginning of the navigation. */
async function moment(page, name) {
  await page.evaluate(`until(() => moments.${name} !== undefined)`);
  return page.evaluate(`moments.${name}`);
}

/** Long tasks since the last call, milliseconds each. */
async function longTasks(page) {
  // The observer hears of a task one task later.
  await page.evaluate('new Promise((resolve) => setTimeout(resolve, 100))');
  return page.evaluate('tasks.splice(0)');
}

async function readyOnce() {
  const page = await phone('/widget');
  const ready = await moment(page, 'ready');
  const tasks = await longTasks(page);
  const opened = await page.evaluate(`(async () => {
    const pressed = performance.now();
    shadow().querySelector('.launcher').click();
    await until(() => shadow().querySelector('.log')?.textContent.includes('100번째 답입니다.'));
    return performance.now() - pressed;
  })()`);
  await page.context().close();
  return { ready, opened, tasks };
}

async function peerOnce() {
  const page = await phone('/peer');
  const opened = await moment(page, 'opened');
  const tasks = await longTasks(page);
  await page.context().close();
  return { opened, tasks };
}

/** A conversation of 200 messages: opened, read from end to beginning, gone on with. */
async function longConversationOnce() {
  const page = await phone('/open');
  await page.evaluate(`until(() => shadow()?.querySelectorAll('.entry').length === 201)`);
  const opening = await longTasks(page);
  await page.evaluate(`new Promise((resolve) => {
    const log = shadow().querySelector('.log');
    const step = () => {
      log.scrollTop -= 600;
      if (log.scrollTop > 0) requestAnimationFrame(step);
      else resolve();
    };
    step();
  })`);
  const reading = await longTasks(page);
  const keyboard = await page.context().newCDPSession(page);
  await page.evaluate(`shadow().querySelector('textarea').focus()`);
  for (const text of '이체 한도를 늘리고 싶어요') await keyboard.send('Input.insertText', { text });
  const typing = await longTasks(page);
  await page.evaluate(`shadow().querySelector('.send').click()`);
  await page.evaluate(`until(() => shadow().querySelector('.entry:last-child .feedback'))`);
  const answering = await longTasks(page);
  await page.context().close();
  return { opening, reading, typing, answering };
}

const kb = (name) => `${gzipSync(built(name), { level: 9 }).length} bytes gzip, ${compressed[`/${name}`].length} br`;
console.log(
  `${cpus()[0].model}, ${cpus().length} cores, load ${loadavg()[0].toFixed(1)}; Chromium ${browser.version()}, Node ${process.version}`,
);
console.log(`widget.js: ${kb('widget.js')} (aim ≤ ${AIM.bytes} gzip)`);
console.log(`widget.socket.js, when the chat is opened: ${kb('widget.socket.js')}`);
console.log(
  `peer, socket.io.min.js: ${gzipSync(peer, { level: 9 }).length} bytes gzip, ${compressed['/socket.io.js'].length} br`,
);

const widgets = [];
const peers = [];
const longs = [];
await (await phone('/widget')).context().close(); // the browser's own first start
for (let run = 0; run < runs; run++) {
  widgets.push(await readyOnce());
  peers.push(await peerOnce());
  longs.push(await longConversationOnce());
}
await browser.close();
io.close();

console.log(`\nCPU ÷ ${CPU}, 1.6 Mbit/s, 150 ms; median of ${runs} (least to most), ms`);
print(
  'button can be pressed, from the navigation',
  widgets.map(({ ready }) => ready),
  `aim ≤ ${AIM.ready}`,
);
print(
  'conversation of 200 messages shown, from the press',
  widgets.map(({ opened }) => opened),
);
print(
  'peer: conversation received, from the navigation',
  peers.map(({ opened }) => opened),
  'lower bound',
);
console.log(`\nlong tasks (over ${AIM.task} ms), the longest of all runs, and how many`);
const parts = {
  'loading the page': widgets.map(({ tasks }) => tasks),
  'peer: loading, receiving 200 messages': peers.map(({ tasks }) => tasks),
};
for (const part of ['opening', 'reading', 'typing', 'answering'])
  parts[`200 messages, ${part}`] = longs.map((long) => long[part]);
for (const [name, perRun] of Object.entries(parts)) {
  const all = perRun.flat();
  console.log(
    `  ${name.padEnd(52)} ${all.length === 0 ? 'none' : `${Math.round(Math.max(...all))} ms, ${all.length} in ${runs} runs`}`,
  );
}

function print(name, values, note = '') {
  const sorted = values.toSorted((a, b) => a - b).map(Math.round);
  console.log(
    `  ${name.padEnd(52)} ${sorted[Math.floor(sorted.length / 2)]} (${sorted[0]} to ${sorted.at(-1)}) ${note}`,
  );
}
