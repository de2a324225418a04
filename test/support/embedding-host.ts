import { HashingEmbedder } from '../knowledge/hashing-embedder.js';
import { JsonHost, type JsonReply, type JsonRequest } from './json-host.js';

/** A server of embeddings whose vectors are near where texts share bigrams. */
export class EmbeddingHost {
  /** Texts that it gave vectors for, the probe left out. */
  readonly texts: string[] = [];
  /** Asked before each answer; a test holds or refuses here. */
  before: (request: JsonRequest) => JsonReply | undefined | Promise<JsonReply | undefined> = () => undefined;

  private constructor(readonly host: JsonHost) {}

  static async start(dimensions: number): Promise<EmbeddingHost> {
    const hashing = new HashingEmbedder('host', dimensions);
    const host = await JsonHost.start(async (request) => {
      const early = await embedding.before(request);
      if (early) return early;
      const input = request.body.input as string[];
      const vectors = await hashing.embed(input, 'query');
      embedding.texts.push(...input.filter((text) => text !== PROBE));
      return { body: { data: vectors.map((vector, index) => ({ index, embedding: [...vector] })) } };
    });
    const embedding = new EmbeddingHost(host);
    return embedding;
  }

  get environment(): Record<string, string> {
    return { SANGDAM_EMBEDDING_URL: this.host.url, SANGDAM_EMBEDDING_MODEL: 'bge-m3' };
  }

  stop(): Promise<void> {
    return this.host.stop();
  }
}

/** What RemoteEmbedder asks for to learn the length of the vectors. */
const PROBE = '계좌';
