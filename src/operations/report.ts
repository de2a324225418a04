import type { ErrorCode } from '../config/app-error.js';
import type { ConversationState } from '../conversation/events.js';
import type { Level, LevelChange } from '../conversation/level.js';
import type { ChatModelStatus } from '../models/chat-model.js';
import type { ModelReason } from '../models/model-reason.js';

/** Everything that the operations page shows, in one answer. Counts and states; nothing of any customer. */
export interface OperationsReport {
  at: string;
  /** Seconds since the start of this process. */
  uptime: number;
  /** Whether the reader came with a session cookie, which can be ended. */
  signedIn: boolean;
  level: Level;
  /** The newest first; absent while the store is away, as is all that it alone knows. */
  levelChanges?: LevelChange[];
  health: Readiness;
  /** Why the chat model is not ready, in the reader's language. */
  chatModelReason?: string;
  turns: { running: number; waiting: number };
  sockets: number;
  conversations?: OpenConversations;
  storeBytes?: number;
  recent: { turns: RecentTurns; errors: RecentError[] };
  versions: Versions;
}

export interface Readiness {
  /** `degraded`: customers are answered, but something is missing (the embedder, the language model). */
  status: 'ready' | 'degraded' | 'unavailable';
  store: 'embedded' | 'postgres' | 'unavailable';
  /** `lexical`: there is no embedder for the vectors that the store has, or no vectors yet. */
  retrieval: 'hybrid' | 'lexical';
  embedder: { id: string; state: 'ready' } | { id: string; state: 'unavailable'; reason: ModelReason };
  /**
   * Of the configured embedder: the share of the texts that have one. While they are made, those of the embedder before are
   * searched if it is at hand. `waiting`: the embedder or the store is away.
   */
  vectors: { state: 'complete' | 'building' | 'waiting'; progress: number };
  /** Only where one is configured. `failed`: questions whose order it could not give. */
  reranker?: { name: string; reranked: number; failed: number };
  /** Of the input rails. `absent`: messages are judged by the rules alone, and nothing is generated. */
  secondTier:
    | { state: 'ready'; version: string }
    | { state: 'absent'; reason: 'file-missing' | 'other-embedder' | 'embedder-unavailable' };
  /** `unavailable`: the last line of the audit log could not be written; no model is called and nothing is answered until one can be. */
  audit: 'ready' | 'unavailable';
  chatModel: ChatModelStatus;
  version: string;
}

/** Conversations that are not closed, by state. */
export type OpenConversations = Record<Exclude<ConversationState, 'closed'>, number>;

/** Turns that ended in the last 15 minutes. Durations in milliseconds; absent while there are none. */
export interface RecentTurns {
  count: number;
  perMinute: number;
  firstSentence: Quantiles;
  total: Quantiles;
}

export interface Quantiles {
  p50?: number;
  p95?: number;
}

/** Since the start of this process. */
export interface RecentError {
  code: ErrorCode;
  count: number;
  lastAt: string;
}

export interface Versions {
  product: string;
  node: string;
  /** The first 12 digits of the sha256 over guardrails/ and prompts/. */
  rules: string;
  prompts: string;
  /** Of the chat model's file, where it is one of the list. */
  modelSha256?: string;
  knowledge?: number;
  /** The newest one that was applied. */
  migration?: string;
}
