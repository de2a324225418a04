/** What the models room takes from the configuration. */
export abstract class ModelSettings {
  /**
   * A name of data/models/models.json, a path of a GGUF file, `vendor:model`, `scripted:<file>` or `none`; with `chatUrls`,
   * the name under which those serve it, or `none`.
   */
  abstract readonly chatModel: string | undefined;
  /** What a model that is not listed may do; `select` if not said. Listed models have theirs measured. */
  abstract readonly chatCapability: 'select' | 'write' | undefined;
  /** Answers that a local model generates at the same time, at most; fewer where memory is short. */
  abstract readonly chatSlots: number;
  abstract readonly modelsFolder: string;
  /** Servers of the operator's own for model files, see `ModelStoreOptions.urls`. */
  abstract readonly modelUrls: readonly string[];
  /** Whether a missing model may be downloaded. */
  abstract readonly mayFetch: boolean;
  /** Cores that the service may use. */
  abstract readonly cores: number;
  /** OpenAI-compatible servers of the chat model, each up to and with `/v1`; empty where it runs here. */
  abstract readonly chatUrls: readonly string[];
  abstract readonly chatApiKey: string | undefined;
  abstract readonly chatTimes: ChatTimes;
}

/** How long a chat model on another machine may be silent, ms. */
export interface ChatTimes {
  /** A host that is asked whether it is well. */
  connectMs: number;
  /** From the request to the first text. */
  firstTokenMs: number;
  /** Between two texts. */
  nextTokenMs: number;
}
