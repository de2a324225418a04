/** What the models room takes from the configuration. */
export abstract class ModelSettings {
  /** A name of data/models/models.json, a path of a GGUF file, `scripted:<file>` or `none`. */
  abstract readonly chatModel: string;
  /** What a GGUF file of the operator's own, or a script, may do; `select` if not said. Listed models have theirs measured. */
  abstract readonly chatCapability: 'select' | 'write' | undefined;
  abstract readonly modelsFolder: string;
  /** Servers of the operator's own for model files, see `ModelStoreOptions.urls`. */
  abstract readonly modelUrls: readonly string[];
  /** Whether a missing model may be downloaded. */
  abstract readonly mayFetch: boolean;
  /** Cores that the service may use. */
  abstract readonly cores: number;
}
