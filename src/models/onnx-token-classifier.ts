import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AppError } from '../config/app-error.js';
import { siblingEntry } from '../config/sibling-entry.js';
import type { ModelReason } from './model-reason.js';
import type {
  ClassifierWorkerData,
  FromClassifierWorker,
  ToClassifierWorker,
} from './onnx-token-classifier.protocol.js';
import { TokenClassifier, type ClassifiedSpan } from './token-classifier.js';

// ONNX Runtime reports its use to its maker unless it is told not to, before its library is loaded. The worker gets a copy of the environment.
process.env.ORT_DISABLE_TELEMETRY = '1';

const FILES = ['model.onnx', 'tokenizer.json', 'config.json'];
/** A worker that dies takes its job with it; the job is tried once more on the next one. */
const ATTEMPTS = 2;

interface PendingJob {
  resolve: (spans: ClassifiedSpan[]) => void;
  reject: (error: unknown) => void;
}

/** A token classifier over ONNX Runtime in a worker thread: one thread, one text at a time. */
export class OnnxTokenClassifier extends TokenClassifier {
  private worker: Promise<Worker> | undefined;
  private isClosed = false;
  private lastJob = 0;
  private readonly pending = new Map<number, PendingJob>();

  private constructor(private readonly folder: string) {
    super();
  }

  /**
   * Resolves when the model is loaded and has been run.
   * @param variable what configures the folder, for the error
   * @throws AppError `config.invalid` where a file is missing or the model cannot be used
   */
  static async open(folder: string, variable: string): Promise<OnnxTokenClassifier> {
    const missing = FILES.filter((file) => !existsSync(join(folder, file)));
    const refused = (expected: string, cause?: unknown) =>
      AppError.of('config.invalid', { variable, value: folder, expected }, { cause });
    if (missing.length > 0) throw refused(`a folder with ${FILES.join(', ')}; missing: ${missing.join(', ')}`);
    const classifier = new OnnxTokenClassifier(folder);
    try {
      await classifier.started();
    } catch (error) {
      throw refused(`a token classifier that ONNX Runtime can run: ${(error as Error).message}`, error);
    }
    return classifier;
  }

  override async classify(text: string): Promise<ClassifiedSpan[]> {
    for (let attempt = 1; ; attempt++)
      try {
        const worker = await this.started();
        return await new Promise<ClassifiedSpan[]>((resolve, reject) => {
          const job = ++this.lastJob;
          this.pending.set(job, { resolve, reject });
          worker.postMessage({ job, text } satisfies ToClassifierWorker);
        });
      } catch (cause) {
        if (this.isClosed || attempt === ATTEMPTS)
          throw AppError.of('model.unavailable', { reason: 'crashed' satisfies ModelReason }, { cause });
      }
  }

  override async close(): Promise<void> {
    this.isClosed = true;
    const worker = await this.worker?.catch(() => undefined);
    await worker?.terminate();
  }

  private started(): Promise<Worker> {
    if (this.isClosed) return Promise.reject(new Error('closed'));
    this.worker ??= this.start();
    return this.worker;
  }

  private start(): Promise<Worker> {
    const workerData: ClassifierWorkerData = { folder: this.folder };
    const worker = new Worker(siblingEntry(import.meta.url, 'onnx-token-classifier.worker'), {
      workerData,
      execArgv: [],
    });
    return new Promise((resolve, reject) => {
      let failure: unknown = new Error('the worker ended');
      worker.on('message', (message: FromClassifierWorker) => {
        if (message.type === 'ready') resolve(worker);
        else if (message.type === 'unloadable') reject(new Error(message.message));
        else this.settle(message);
      });
      worker.once('error', (error) => (failure = error));
      worker.once('exit', () => {
        this.worker = undefined;
        reject(failure);
        for (const job of this.pending.values()) job.reject(failure);
        this.pending.clear();
      });
    });
  }

  private settle(message: Extract<FromClassifierWorker, { job: number }>): void {
    const job = this.pending.get(message.job);
    this.pending.delete(message.job);
    if (message.type === 'classified') job?.resolve(message.spans);
    else job?.reject(new Error(message.message));
  }
}
