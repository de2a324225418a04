// Retrieval-augmented generation from LangChain's parts and Sangdam's: prompt | llama | parser, streamed.
// Nothing here is masked or checked: that is what /v1/chat/completions is for (docs/api.md).
//   node docs/examples/rag.mjs <data folder> <model> '<question>'
import { StringOutputParser } from '@langchain/core/output_parsers';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { openLlama, openRetriever } from 'sangdam/langchain';

const [data, modelName, question] = process.argv.slice(2);
const knowledge = await openRetriever({ data, k: 2 });
const llama = await openLlama({ model: modelName });

const prompt = ChatPromptTemplate.fromMessages([
  ['system', '너는 은행 상담원이다. 다음 자료에 있는 내용만으로 두 문장 이내로 답한다.\n\n{sources}'],
  ['human', '{question}'],
]);
const chain = prompt.pipe(llama.model).pipe(new StringOutputParser());

const documents = await knowledge.retriever.invoke(question);
const sources = documents.map(({ pageContent }) => pageContent).join('\n\n');
for await (const piece of await chain.stream({ sources, question })) process.stdout.write(piece);
process.stdout.write('\n');

await llama.close();
await knowledge.close();
