import { Retriever, type Hit } from '../../src/knowledge/index.js';

/** Finds one passage, or one approved answer, for every question, with a confidence at which the model is asked: for tests whose subject is what follows. */
export class OneSource extends Retriever {
  constructor(
    private readonly title: string,
    private readonly text: string,
    private readonly exemplar?: Hit['exemplar'],
  ) {
    super();
  }

  override async retrieve(): Promise<Hit[]> {
    const { title, text, exemplar } = this;
    const found = { title, text, score: 1, cosine: 1, lexical: 1, confidence: 0.6 };
    return [
      exemplar
        ? { ...found, source: 'exemplar:one@1', kind: 'exemplar', exemplar }
        : { ...found, source: 'passage:one@1#1', kind: 'passage' },
    ];
  }
}
