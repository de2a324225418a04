/**
 * How far the service may go, each level what the one before it may and more: nothing (`off`); people, and of the assistant only
 * the safety texts (`people`); approved exemplars and quotations without a model (`exemplars`); everything (`full`).
 */
export const LEVELS = ['off', 'people', 'exemplars', 'full'] as const;
export type Level = (typeof LEVELS)[number];

export interface LevelChange {
  level: Level;
  reason?: string;
  by: 'command' | 'operations page';
  /** UTC, ISO 8601 with milliseconds. */
  at: string;
}
