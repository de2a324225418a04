/** A span that a model labels: offsets in UTF-16 units of the text, end exclusive; `label` without B- or I-; score 0 to 1. */
export interface ClassifiedSpan {
  start: number;
  end: number;
  label: string;
  score: number;
}

/** A model that labels the words of a text (named entities). */
export abstract class TokenClassifier {
  /** Spans of one text, in order. Rejects with `model.unavailable` when the model does not answer. */
  abstract classify(text: string): Promise<ClassifiedSpan[]>;
  abstract close(): Promise<void>;
}
