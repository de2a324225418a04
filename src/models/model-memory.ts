import type { ListedModel } from './model-list.js';

/** For the rest of the service, which grows after the start: PGlite .45 GB, embedder .15 GB, Node .2 GB, measured; rounded up. */
const HEADROOM_BYTES = 1024 ** 3;

/** What the model would leave of the memory that the machine, or the container's limit, has now; negative where it does not fit. */
export function spareBytes(
  model: Pick<ListedModel, 'memoryBytes'>,
  availableBytes: number = process.availableMemory(),
): number {
  return availableBytes - HEADROOM_BYTES - model.memoryBytes;
}
