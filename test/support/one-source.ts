import { Retriever, type Hit } from '../../src/knowledge/index.js';

/** Finds one passage for every question, with a confidence at which the model is asked: for tests whose subject is what follows. */
export class OneSource extends Retriever {
  constructor(
    private readonly title: string,
    private readonly text: string,
  ) {
    super();
  }

  override async retrieve(): Promise<Hit[]> {
    const { title, text } = this;
    return [
      { source: 'passage:one@1#1', kind: 'passage', title, text, score: 1, cosine: 1, lexical: 1, confidence: 0.6 },
    ];
  }
}
