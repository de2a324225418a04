// Sangdam's retriever in a chain: what the bank's knowledge has on a question, as LangChain documents.
//   node docs/examples/retriever.mjs <data folder> '<question>'
import { RunnableLambda } from '@langchain/core/runnables';
import { openRetriever } from 'sangdam/langchain';

const [data, question] = process.argv.slice(2);
const { retriever, close } = await openRetriever({ data, k: 3 });

const sources = RunnableLambda.from((documents) =>
  documents.map(({ pageContent, metadata: { source, title, confidence } }) => ({
    source,
    title,
    confidence: Number(confidence.toFixed(2)),
    text: pageContent,
  })),
);

for (const source of await retriever.pipe(sources).invoke(question)) console.log(JSON.stringify(source));
await close();
