// Worker thread of OnnxTokenClassifier: tokenises and runs the model. Imports packages and types only (see siblingEntry).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { Tokenizer } from '@huggingface/tokenizers';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type {
  ClassifierWorkerData,
  FromClassifierWorker,
  ToClassifierWorker,
} from './onnx-token-classifier.protocol.js';
import type { ClassifiedSpan } from './token-classifier.js';

/** Tokens of one run of the model, below the 512 of BERT and its kin; a longer text is cut between words. */
const WINDOW_TOKENS = 256;
/** Models that say no other limit take as many. */
const USUAL_POSITIONS = 512;

interface Model {
  tokenizer: Tokenizer;
  session: InferenceSession;
  labels: readonly string[];
  /** Ids that the tokenizer puts around a text: [CLS], [SEP]. */
  before: number[];
  after: number[];
  windowTokens: number;
}

interface Piece {
  id: number;
  start: number;
  end: number;
}

interface Tag {
  label: string;
  /** Whether it starts an entity of its own (B-, S-, U-). */
  begins: boolean;
}

const port = parentPort!;
const send = (message: FromClassifierWorker) => port.postMessage(message);
let queue = Promise.resolve();

try {
  const model = await load((workerData as ClassifierWorkerData).folder);
  port.on('message', (message: ToClassifierWorker) => {
    queue = queue.then(() => answer(model, message));
  });
  send({ type: 'ready' });
} catch (error) {
  send({ type: 'unloadable', message: error instanceof Error ? error.message : String(error) });
}

async function load(folder: string): Promise<Model> {
  const json = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8'));
  const config = json('config.json');
  if (typeof config.id2label !== 'object' || config.id2label === null) throw new Error('config.json has no id2label');
  const labels = Object.entries(config.id2label as Record<string, string>)
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, label]) => label);
  const tokenizer = new Tokenizer(json('tokenizer.json'), {});
  const session = await InferenceSession.create(join(folder, 'model.onnx'), {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  if (!session.inputNames.includes('input_ids') || !session.outputNames.includes('logits'))
    throw new Error('model.onnx needs an input input_ids and an output logits');
  const [first, ...rest] = tokenizer.encode('').ids;
  const positions = Number(config.max_position_embeddings ?? USUAL_POSITIONS);
  const model = {
    tokenizer,
    session,
    labels,
    before: first === undefined ? [] : [first],
    after: rest,
    windowTokens: Math.min(WINDOW_TOKENS, positions - rest.length - 2),
  };
  await spansOf(model, 'a'); // the shapes fit
  return model;
}

async function answer(model: Model, { job, text }: ToClassifierWorker): Promise<void> {
  try {
    send({ type: 'classified', job, spans: await spansOf(model, text) });
  } catch (error) {
    send({ type: 'failed', job, message: String(error) });
  }
}

async function spansOf(model: Model, text: string): Promise<ClassifiedSpan[]> {
  const spans: ClassifiedSpan[] = [];
  for (const pieces of windowsOf(model, text)) spans.push(...(await classify(model, text, pieces)));
  return spans;
}

/** The pieces of the words, as many words at a time as one run takes. */
function* windowsOf({ tokenizer, windowTokens }: Model, text: string): Generator<Piece[]> {
  let window: Piece[] = [];
  for (const { 0: word, index } of text.matchAll(/\S{1,64}/g)) {
    const pieces = piecesOf(tokenizer, word, index).slice(0, windowTokens);
    if (window.length + pieces.length > windowTokens) {
      yield window;
      window = [];
    }
    window.push(...pieces);
  }
  if (window.length > 0) yield window;
}

/**
 * The tokenizer gives no offsets, so the pieces of a word are laid along it. Where they do not spell it (an unknown word,
 * bytes), all of it belongs to the first.
 */
function piecesOf(tokenizer: Tokenizer, word: string, start: number): Piece[] {
  const encoded = tokenizer.encode(word, { add_special_tokens: false });
  const { ids, tokens } = encoded as { ids: number[]; tokens: string[] };
  const spelled = tokens.map((token) => token.replace(/^(?:##|▁|Ġ)/, ''));
  const fits = spelled.join('').toLowerCase() === word.toLowerCase();
  let at = start;
  return ids.map((id, index) => {
    const length = fits ? spelled[index]!.length : index === 0 ? word.length : 0;
    at += length;
    return { id, start: at - length, end: at };
  });
}

async function classify(model: Model, text: string, pieces: readonly Piece[]): Promise<ClassifiedSpan[]> {
  const ids = [...model.before, ...pieces.map(({ id }) => id), ...model.after];
  const tensor = (values: readonly number[]) =>
    new Tensor('int64', BigInt64Array.from(values, BigInt), [1, ids.length]);
  const inputs: Record<string, Tensor> = { input_ids: tensor(ids) };
  if (model.session.inputNames.includes('attention_mask')) inputs.attention_mask = tensor(ids.map(() => 1));
  if (model.session.inputNames.includes('token_type_ids')) inputs.token_type_ids = tensor(ids.map(() => 0));
  const { logits } = await model.session.run(inputs);
  const width = model.labels.length;
  if (logits!.dims.at(-1) !== width)
    throw new Error(`model.onnx has ${logits!.dims.at(-1)} labels, config.json ${width}`);
  const rows = logits!.data as Float32Array;
  const spans: ClassifiedSpan[] = [];
  let open: (ClassifiedSpan & { pieces: number }) | undefined;
  pieces.forEach((piece, index) => {
    const from = (model.before.length + index) * width;
    const { best, probability } = softmaxBest(rows.subarray(from, from + width));
    const tag = tagOf(model.labels[best]!);
    if (!tag) open = undefined;
    else if (open && open.label === tag.label && !tag.begins && /^\s*$/.test(text.slice(open.end, piece.start))) {
      open.end = piece.end;
      open.score = (open.score * open.pieces + probability) / (open.pieces + 1);
      open.pieces++;
    } else if (piece.end > piece.start) {
      open = { start: piece.start, end: piece.end, label: tag.label, score: probability, pieces: 1 };
      spans.push(open);
    }
  });
  return spans.map(({ start, end, label, score }) => ({ start, end, label, score }));
}

/** `B-PS`, `PS-B`, `PS`; undefined for O. */
function tagOf(label: string): Tag | undefined {
  if (label === 'O') return undefined;
  const [, before, name, after] = /^(?:([BIESLU])-)?(.+?)(?:-([BIESLU]))?$/.exec(label)!;
  return { label: name!, begins: ['B', 'S', 'U'].includes(before ?? after ?? '') };
}

function softmaxBest(row: Float32Array): { best: number; probability: number } {
  let best = 0;
  row.forEach((value, at) => {
    if (value > row[best]!) best = at;
  });
  const sum = row.reduce((total, value) => total + Math.exp(value - row[best]!), 0);
  return { best, probability: 1 / sum };
}
