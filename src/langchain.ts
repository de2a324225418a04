import { availableParallelism } from 'node:os';
import { AppError } from './config/app-error.js';
import { SystemClock } from './config/clock.js';
import { openDatabase } from './database/open-database.js';
import { GUARDRAILS_FOLDER, PassageRails, PhoneRegistry, RuleSet } from './guardrails/index.js';
import { openKnowledge, SangdamRetriever } from './knowledge/index.js';
import { LlamaChatModel } from './models/llama-chat-model.js';
import { LlamaProcess } from './models/llama-process.js';
import { ModelList } from './models/model-list.js';
import { ModelStore } from './models/model-store.js';
import { OnnxEmbedder } from './models/onnx-embedder.js';

/**
 * The package's entry `sangdam/langchain`: our parts as LangChain's, for chains, agents and evaluations of others, without Nest
 * and without a service. docs/langchain.md shows them at work.
 */
export { LlamaChatModel, SangdamRetriever };
export type { LlamaCallOptions } from './models/llama-chat-model.js';

export interface RetrieverOptions {
  /** The data folder. Nobody else may have it open: not a service, not a command. */
  data: string;
  /** `postgres://…`: the store of a service, which may run. */
  databaseUrl?: string;
  /** Documents for a question at most; 4 by default. */
  k?: number;
}

/**
 * The retriever over a store, with the embedder that ships: a store whose vectors another one made is searched by words. An
 * empty one gets the shipped knowledge first.
 * @throws AppError `store.locked`, `store.unavailable`
 */
export async function openRetriever({
  data,
  databaseUrl,
  k,
}: RetrieverOptions): Promise<{ retriever: SangdamRetriever; close(): Promise<void> }> {
  const database = await openDatabase({ dataFolder: data, databaseUrl });
  const embedder = await OnnxEmbedder.openShipped();
  const close = async (): Promise<void> => {
    await embedder.close();
    await database.close();
  };
  try {
    const knowledge = openKnowledge(database, embedder, new SystemClock());
    await knowledge.prepare();
    const passageRails = new PassageRails(RuleSet.load(GUARDRAILS_FOLDER));
    const phones = PhoneRegistry.load(GUARDRAILS_FOLDER);
    return { retriever: new SangdamRetriever({ from: knowledge.retriever, passageRails, phones, k }), close };
  } catch (error) {
    await close();
    throw error;
  }
}

export interface LlamaOptions {
  /** A name of data/models/models.json whose file was fetched, or the path of a GGUF file. */
  model: string;
  /** Tokens of a prompt and its answer; 4,096 by default. */
  contextTokens?: number;
  /** Answers that are generated at the same time; more requests wait. One by default. */
  sequences?: number;
}

/**
 * A GGUF model in a child process, loaded. The process that opened it stays alive until it is closed.
 * @throws AppError `model.unknown`, `model.unavailable` where it cannot be loaded
 */
export async function openLlama({
  model,
  contextTokens = 4096,
  sequences = 1,
}: LlamaOptions): Promise<{ model: LlamaChatModel; close(): Promise<void> }> {
  const modelPath = model.endsWith('.gguf') ? model : listedPath(model);
  const threads = Math.max(1, availableParallelism() - 1); // one core stays free, as in the service
  const process = new LlamaProcess({ modelPath, threads, contextTokens, sequences });
  const settled = await process.settled();
  if (settled.state !== 'failed') return { model: new LlamaChatModel(process), close: () => process.close() };
  await process.close();
  throw AppError.of('model.unavailable', { reason: settled.reason });
}

function listedPath(name: string): string {
  const list = ModelList.read();
  return new ModelStore(list).pathOf(list.get(name));
}
