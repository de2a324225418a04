import type { Settings } from '../config/settings.js';
import type { Embedder } from './embedder.js';
import { ModelHost } from './model-host.js';
import { OnnxEmbedder } from './onnx-embedder.js';
import { RemoteEmbedder } from './remote-embedder.js';

/** The configured embedder: a server's, or the shipped one. Resolves when it is ready or found to be away; never rejects. */
export function openEmbedder({ remoteEmbedding }: Pick<Settings, 'remoteEmbedding'>): Promise<Embedder> {
  if (!remoteEmbedding) return OnnxEmbedder.openShipped();
  const { model, prefixes, timeout } = remoteEmbedding;
  return RemoteEmbedder.open({ host: new ModelHost(remoteEmbedding), model, prefixes, queryTimeout: timeout });
}
