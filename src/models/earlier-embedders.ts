import type { Embedder } from './embedder.js';
import { embedderId, readEmbedderCard } from './embedder-card.js';
import { OnnxEmbedder, SHIPPED_EMBEDDER } from './onnx-embedder.js';

/**
 * Embedders beside the configured one: a store whose vectors another embedder made is searched with that one until the new
 * vectors are there, if it is at hand.
 */
export abstract class EarlierEmbedders {
  /** The embedder of that id; undefined where it is not at hand. */
  abstract open(id: string): Promise<Embedder | undefined>;
  abstract close(): Promise<void>;
}

/** The one that ships with the product is always at hand. It is loaded when it is asked for. */
export class ShippedEarlier extends EarlierEmbedders {
  private opened: Promise<Embedder> | undefined;

  override async open(id: string): Promise<Embedder | undefined> {
    if (id !== shippedId()) return undefined;
    this.opened ??= OnnxEmbedder.openShipped();
    return this.opened;
  }

  override async close(): Promise<void> {
    await (await this.opened)?.close();
  }
}

function shippedId(): string | undefined {
  try {
    return embedderId(readEmbedderCard(SHIPPED_EMBEDDER));
  } catch {
    return undefined; // without its card it cannot be loaded either
  }
}
