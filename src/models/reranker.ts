/** Reads a question and texts together, and says how well each text answers: a better order than two apart, at the price of a model run. */
export abstract class Reranker {
  /** What readiness and logs call it. */
  abstract readonly name: string;
  /**
   * One score a text, in the order of the texts; higher is better, and the scale is the model's own.
   * @throws CallFailure where the model cannot be asked; what the signal was aborted with
   */
  abstract rerank(query: string, texts: readonly string[], signal: AbortSignal): Promise<number[]>;
}
