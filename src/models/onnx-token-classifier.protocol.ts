import type { ClassifiedSpan } from './token-classifier.js';

/** `workerData`: a folder with model.onnx, tokenizer.json and config.json. */
export interface ClassifierWorkerData {
  folder: string;
}

export interface ToClassifierWorker {
  job: number;
  text: string;
}

export type FromClassifierWorker =
  | { type: 'ready' }
  | { type: 'unloadable'; message: string }
  | { type: 'classified'; job: number; spans: ClassifiedSpan[] }
  | { type: 'failed'; job: number; message: string };
