import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EmbeddingKind } from './embedder.js';

/** One file of a model and what it must be. */
export interface CardFile {
  file: string;
  bytes: number;
  /** Lower-case hex. */
  sha256: string;
}

/** What `model.json` in an embedder's folder says. */
export interface EmbedderCard {
  name: string;
  licence: string;
  dimensions: number;
  /** Length of the graph's second output, `layers`, where it has one: the means over the tokens of some of its layers. */
  layers?: number;
  /** Longest input with its special tokens; longer ones are cut. */
  maxTokens: number;
  prefixes: Record<EmbeddingKind, string>;
  files: { weights: CardFile; graph: CardFile; tokenizer: CardFile };
}

/** @throws Error (unreadable, or no JSON) where the folder holds no card. */
export function readEmbedderCard(folder: string): EmbedderCard {
  return JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8')) as EmbedderCard;
}

/** The embedder's id: changes whenever the weights do. */
export function embedderId(card: EmbedderCard): string {
  return `${card.name}@${card.files.weights.sha256.slice(0, 12)}`;
}
