import { stat } from 'node:fs/promises';
import { isAbsolute, basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { AppError } from '../config/app-error.js';
import type { ChatModelStatus, ModelCapability } from './chat-model.js';
import { ChatModelSource } from './langchain-chat-model.js';
import { LlamaChatModel } from './llama-chat-model.js';
import { LlamaProcess } from './llama-process.js';
import type { ListedModel, ModelList } from './model-list.js';
import { spareBytes } from './model-memory.js';
import { isModelReason, type ModelReason } from './model-reason.js';
import type { ModelSettings } from './model-settings.js';
import type { ModelStore } from './model-store.js';
import type { ProbeTimes } from './remote-host.js';
import type { RemoteHosts } from './remote-hosts.js';
import { ScriptedChatModel } from './scripted-chat-model.js';

export interface SupervisorOptions {
  /** Memory that is left, in bytes. */
  availableMemory?: () => number;
  /** How often a missing file is looked for, ms: `sangdam models fetch` may have brought it. */
  lookAgainMs?: number;
  /** How often the hosts of a remote model are looked at. */
  probes?: ProbeTimes;
}

const CUSTOM_CONTEXT_TOKENS = 4096;
/** Resident memory by file size: llama.cpp keeps the weights repacked for the CPU beside the mapped file (measured 2.0). */
const MEMORY_TO_FILE = 2;

/**
 * Brings the configured chat model up in the background and tells at any time how far it is: the service starts without it
 * and steps up by itself. The first look at it (`status`, `current`) starts it, so a command that needs no chat model loads none.
 */
export class ChatModelSupervisor extends ChatModelSource {
  private readonly choice: Choice;
  private readonly closing = new AbortController();
  private phase: Phase = { at: 'preparing' };
  private attempt: Promise<void> | undefined;

  /** @throws AppError `model.unknown` where the settings name a model that is not in the list. */
  constructor(
    private readonly settings: ModelSettings,
    private readonly store: ModelStore,
    private readonly options: SupervisorOptions = {},
  ) {
    super();
    this.choice = choiceOf(settings, store.list);
  }

  /** Begins, and returns at once. */
  start(): void {
    if (this.attempt) return;
    this.attempt = this.bringUp(this.settings.mayFetch);
    void this.attempt.then(() => this.lookAgain()).catch(() => {});
  }

  /** Resolves when the model is ready or known to be missing. */
  async settled(): Promise<ChatModelStatus> {
    this.start();
    await this.attempt;
    if (this.phase.at === 'llama') await this.phase.process.settled();
    if (this.phase.at === 'remote') await this.phase.hosts.settled();
    return this.status();
  }

  /**
   * What only the vendor's own package can tell about the configuration; anything else is known when this object is made.
   * @throws AppError `config.invalid`
   */
  async refuseUnusable(): Promise<void> {
    if (this.choice.kind !== 'vendor') return;
    this.phase = await this.reach(this.choice, false);
    this.attempt = Promise.resolve();
  }

  override status(): ChatModelStatus {
    this.start();
    return { model: this.choice.model, capability: this.choice.capability, ...stateOf(this.phase) };
  }

  override current(): BaseChatModel | undefined {
    this.start();
    switch (this.phase.at) {
      case 'scripted':
      case 'vendor':
        return this.phase.model;
      case 'llama':
        return this.phase.process.state.state === 'ready' ? this.phase.model : undefined;
      case 'remote':
        return this.phase.hosts.status().state === 'ready' ? this.phase.model : undefined;
      default:
        return undefined;
    }
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.attempt;
    const phase = this.phase;
    this.attempt ??= Promise.resolve();
    this.phase = { at: 'failed', reason: 'closed' };
    if (phase.at === 'llama') await phase.process.close();
    if (phase.at === 'remote') phase.hosts.close();
  }

  private async bringUp(mayFetch: boolean): Promise<void> {
    try {
      this.phase = await this.reach(this.choice, mayFetch);
    } catch (error) {
      this.phase = { at: 'failed', reason: reasonOf(error) };
    }
  }

  private async reach(choice: Choice, mayFetch: boolean): Promise<Phase> {
    switch (choice.kind) {
      case 'none':
        return { at: 'none', reason: 'disabled' };
      case 'scripted':
        return { at: 'scripted', model: ScriptedChatModel.fromFile(choice.path) };
      case 'file': {
        const bytes = await stat(choice.path).then(
          ({ size }) => size,
          () => undefined,
        );
        if (bytes === undefined) return { at: 'failed', reason: 'file-missing' };
        const spare = this.spareBytes(bytes * MEMORY_TO_FILE);
        if (spare < 0) return { at: 'none', reason: 'no-memory' };
        return this.run(choice.path, CUSTOM_CONTEXT_TOKENS, spare);
      }
      case 'listed':
        return this.reachListed(choice.listed, mayFetch);
      case 'remote':
        return this.reachHosts();
      case 'vendor': {
        const { VendorChatModel } = await import('./vendor-chat-model.js');
        return { at: 'vendor', model: await VendorChatModel.open(choice.model, this.settings.chatTimes) };
      }
    }
  }

  /** Imported here: LangChain's OpenAI client takes half a second to load, and most services run without it. */
  private async reachHosts(): Promise<Phase> {
    const [{ RemoteHosts }, { RemoteChatModel }] = await Promise.all([
      import('./remote-hosts.js'),
      import('./remote-chat-model.js'),
    ]);
    const { chatUrls, chatApiKey, chatModel, chatTimes } = this.settings;
    const remote = { ...chatTimes, urls: chatUrls, apiKey: chatApiKey, model: chatModel };
    const hosts = new RemoteHosts(remote, this.options.probes);
    return { at: 'remote', hosts, model: new RemoteChatModel(hosts, chatTimes.firstTokenMs) };
  }

  private async reachListed(model: ListedModel, mayFetch: boolean): Promise<Phase> {
    const spare = this.spareBytes(model.memoryBytes);
    if (spare < 0) return { at: 'none', reason: 'no-memory' };
    const found = await this.store.verify(model.name, this.closing.signal);
    if (found !== 'intact' && !mayFetch)
      return found === 'missing' ? { at: 'none', reason: 'not-fetched' } : { at: 'failed', reason: 'checksum' };
    if (found !== 'intact') await this.fetch(model);
    return this.run(this.store.pathOf(model), model.chat.contextTokens, spare);
  }

  private async fetch(model: ListedModel): Promise<void> {
    this.phase = { at: 'fetching', progress: 0 };
    const tell = ({ bytes, total }: { bytes: number; total: number }) =>
      (this.phase = { at: 'fetching', progress: Math.min(1, bytes / total) });
    await this.store.fetch(model.name, tell, this.closing.signal);
  }

  private run(modelPath: string, contextTokens: number, spareBytes: number): Phase {
    // With all cores, anything else that runs makes llama.cpp's threads wait for each other: 1.2 s became 5.7 s a step.
    const threads = Math.max(1, this.settings.cores - 1);
    const sequences = this.settings.chatSlots;
    const process = new LlamaProcess({ modelPath, threads, contextTokens, sequences, spareBytes });
    return { at: 'llama', process, model: new LlamaChatModel(process) };
  }

  private spareBytes(memoryBytes: number): number {
    return spareBytes({ memoryBytes }, this.options.availableMemory?.());
  }

  /** While the file is missing: has somebody else brought it? */
  private async lookAgain(): Promise<void> {
    const { signal } = this.closing;
    while (this.choice.kind === 'listed' && isMissing(this.phase)) {
      await delay(this.options.lookAgainMs ?? 60_000, undefined, { signal, ref: false });
      const name = this.choice.listed.name;
      const isThere = (await this.store.stored()).some(({ model, present }) => model.name === name && present);
      if (isThere) await (this.attempt = this.bringUp(false));
    }
  }
}

type Choice = { model: string; capability: ModelCapability } & (
  | { kind: 'none' }
  | { kind: 'scripted'; path: string }
  | { kind: 'file'; path: string }
  | { kind: 'listed'; listed: ListedModel }
  | { kind: 'remote' }
  | { kind: 'vendor' }
);

type Phase =
  | { at: 'preparing' }
  | { at: 'none'; reason: ModelReason }
  | { at: 'fetching'; progress: number }
  | { at: 'llama'; process: LlamaProcess; model: LlamaChatModel }
  | { at: 'scripted'; model: ScriptedChatModel }
  | { at: 'remote'; hosts: RemoteHosts; model: BaseChatModel }
  | { at: 'vendor'; model: BaseChatModel }
  | { at: 'failed'; reason: ModelReason };

const SCRIPTED = 'scripted:';
const VENDOR = /^[a-z][a-z_-]+:./;

function choiceOf({ chatModel: named, chatCapability, chatUrls }: ModelSettings, list: ModelList): Choice {
  // An address or a name says nothing about how well a model writes: whoever measured it says so.
  const capability = chatCapability ?? 'select';
  if (named === 'none') return { kind: 'none', model: '', capability: 'select' };
  if (chatUrls.length > 0) return { kind: 'remote', model: named ?? '', capability };
  const chatModel = named ?? list.defaultName;
  if (chatModel.startsWith(SCRIPTED))
    return { kind: 'scripted', model: 'scripted', capability, path: chatModel.slice(SCRIPTED.length) };
  if (isAbsolute(chatModel) || chatModel.endsWith('.gguf'))
    return { kind: 'file', model: basename(chatModel, '.gguf'), capability, path: chatModel };
  if (VENDOR.test(chatModel)) return { kind: 'vendor', model: chatModel, capability };
  const listed = list.get(chatModel);
  return { kind: 'listed', model: listed.name, capability: listed.capability, listed };
}

function stateOf(phase: Phase): Omit<ChatModelStatus, 'model' | 'capability'> & { model?: string } {
  switch (phase.at) {
    case 'preparing':
      return { state: 'loading' };
    case 'scripted':
    case 'vendor':
      return { state: 'ready' };
    case 'remote':
      return phase.hosts.status();
    case 'fetching':
      return { state: 'fetching', reason: 'fetching', progress: phase.progress };
    case 'none':
    case 'failed':
      return { state: phase.at, reason: phase.reason };
    case 'llama': {
      const { state } = phase.process;
      if (state.state === 'failed') return { state: 'failed', reason: state.reason };
      return state.state === 'ready'
        ? { state: 'ready', ...phase.process.occupancy }
        : { state: 'loading', reason: 'loading' };
    }
  }
}

function isMissing(phase: Phase): boolean {
  return phase.at === 'none' ? phase.reason === 'not-fetched' : phase.at === 'failed' && phase.reason !== 'closed';
}

function reasonOf(error: unknown): ModelReason {
  if (!(error instanceof AppError)) return 'load-failed';
  if (error.code === 'model.checksum') return 'checksum';
  return isModelReason(error.params.reason) ? error.params.reason : 'load-failed';
}
