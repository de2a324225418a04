// Sangdam as a guarded chat model of LangChain: every answer is masked, checked and released sentence by sentence.
//   node docs/examples/chat-openai.mjs <address of the service> '<question>'
import { ChatOpenAI } from '@langchain/openai';

const [address, question] = process.argv.slice(2);
// Leave `streaming` unset: with it, `invoke` counts tokens by a file that LangChain fetches from a public site.
const model = new ChatOpenAI({
  model: 'sangdam',
  apiKey: process.env.SANGDAM_API_TOKEN ?? 'none',
  configuration: { baseURL: `${address}/v1` },
});

for await (const piece of await model.stream([['human', question]])) process.stdout.write(piece.text);
process.stdout.write('\n');
