import { StringOutputParser } from '@langchain/core/output_parsers';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLlama, openRetriever } from '../src/langchain.js';
import { EmbeddedDatabase } from '../src/database/embedded-database.js';
import { preparedStore } from './support/prepared-store.js';

const TINY = join(import.meta.dirname, 'fixtures', 'tiny-llama.gguf');

describe('the entry for LangChain', () => {
  it('opens a model that streams in a chain, and closes it', async () => {
    const { model, close } = await openLlama({ model: TINY, contextTokens: 512 });
    const chain = ChatPromptTemplate.fromTemplate('{question}').pipe(model).pipe(new StringOutputParser());
    const pieces = await Array.fromAsync(await chain.stream({ question: '안녕' }, { maxTokens: 20 } as object));
    expect(pieces.join('')).not.toBe('');
    await close();
    await expect(model.invoke('안녕')).rejects.toMatchObject({ code: 'model.unavailable' });
  });

  it('says what is wrong with a model', async () => {
    await expect(openLlama({ model: 'unknown' })).rejects.toMatchObject({ code: 'model.unknown' });
    await expect(openLlama({ model: '/nowhere/model.gguf' })).rejects.toMatchObject({ code: 'model.unavailable' });
  });

  it('does not open a store that a service holds', async () => {
    const store = await preparedStore('embedded');
    const service = await EmbeddedDatabase.open(store.folder);
    await expect(openRetriever({ data: store.folder })).rejects.toMatchObject({ code: 'store.locked' });
    await service.close();
    const { retriever, close } = await openRetriever({ data: store.folder, k: 2 });
    const documents = await retriever.invoke('카드를 잃어버렸어요');
    expect(documents).toHaveLength(2);
    expect(documents.map(({ pageContent }) => pageContent).join()).not.toContain('{{phone');
    await close();
    await store.remove();
  });
});
