// OpenAI's own library, unchanged: the answer as it is released, then how it ended and what it rests on.
//   node docs/examples/openai.mjs <address of the service> '<question>'
import OpenAI from 'openai';

const [address, question] = process.argv.slice(2);
const openai = new OpenAI({ baseURL: `${address}/v1`, apiKey: process.env.SANGDAM_API_TOKEN ?? 'none' });

const stream = await openai.chat.completions.create({
  model: 'sangdam',
  messages: [{ role: 'user', content: question }],
  stream: true,
});
for await (const chunk of stream) {
  process.stdout.write(chunk.choices[0].delta.content ?? '');
  if (!chunk.sangdam) continue;
  const { finish, handoff, sentences } = chunk.sangdam;
  const sources = new Set(sentences.flatMap(({ sources }) => sources.map(({ id }) => id)));
  console.log(`\n${JSON.stringify({ finish, handoff, sources: [...sources] })}`);
}
