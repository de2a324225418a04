import { Observation } from '../config/observation.js';

/** A request went to the chat model; it may have to wait there. */
export const generationBegan = new Observation<object>('generation-began');

/** One generation is over. Milliseconds from the request. */
export const generationEnded = new Observation<{
  outcome: 'ended' | 'aborted' | 'failed';
  firstChunk?: number;
  total: number;
  characters: number;
  /** Where the model reports them: remote ones do. */
  tokens: number;
}>('generation-ended');
