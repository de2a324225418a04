/**
 * Why a model is not ready. Each has a text `model.reason.<reason>`; it is the `reason` of `ChatModelStatus`
 * and of the errors `model.unavailable`, `embedder.unavailable` and `model.no-source`.
 */
export const MODEL_REASONS = [
  'disabled',
  'loading',
  'fetching',
  'not-fetched',
  'no-memory',
  'file-missing',
  'load-failed',
  'checksum',
  'crashed',
  'hung',
  'busy',
  'prompt-too-long',
  'generation-failed',
  'script-exhausted',
  'closed',
  'host-unreachable',
  'host-not-ready',
  'host-failed',
  'unauthorized',
  'rate-limited',
  'model-not-served',
  'model-ambiguous',
  'stream-broken',
  'unreachable',
  'disk-full',
  'no-python',
  'embedder-missing',
  'input-refused',
  'bad-answer',
] as const;

export type ModelReason = (typeof MODEL_REASONS)[number];

export function isModelReason(value: unknown): value is ModelReason {
  return (MODEL_REASONS as readonly unknown[]).includes(value);
}
