import { Settings } from '../config/settings.js';
import { ModelList } from '../models/model-list.js';
import { ModelStore, type FetchProgress } from '../models/model-store.js';
import type { Command, OutputLine } from './command.js';

export const modelsListCommand: Command = {
  name: 'models list',
  description: 'Models of the list: name, size, licence, whether the file is here',
  reads: false,
  needs: 'nothing',
  async *run() {
    const { list, store } = models();
    for (const { model, path, present } of await store.stored()) {
      const { name, bytes, licence, capability } = model;
      yield { name, default: name === list.defaultName, bytes, licence, capability, present, path };
    }
  },
};

export const modelsVerifyCommand: Command = {
  name: 'models verify',
  description: 'Check the sha256 of model files (default: the default chat model)',
  args: '[name...]',
  reads: false,
  needs: 'nothing',
  async *run({ args, signal }) {
    const { list, store } = models();
    for (const name of args.length > 0 ? args : [list.defaultName]) {
      const verification = await store.verify(name, signal);
      yield { name, verification, ...(verification === 'intact' ? {} : { failed: true }) };
    }
  },
};

export const modelsFetchCommand: Command = {
  name: 'models fetch',
  description: 'Fetch model files (default: the default chat model); goes on where it was interrupted',
  args: '[name...]',
  reads: false,
  needs: 'nothing',
  async *run({ args, signal }) {
    const { list, store } = models();
    for (const name of args.length > 0 ? args : [list.defaultName]) yield* fetchModel(store, name, signal);
  },
};

function models(): { list: ModelList; store: ModelStore } {
  const { modelsFolder, modelUrls } = Settings.read();
  const list = ModelList.read();
  return { list, store: new ModelStore(list, modelsFolder, { urls: modelUrls }) };
}

/** The fetch reports by callback; its progress becomes lines of the command's output. */
async function* fetchModel(store: ModelStore, name: string, signal: AbortSignal): AsyncGenerator<OutputLine> {
  let latest: FetchProgress | undefined;
  let wake: () => void = () => undefined;
  const fetched = store.fetch(
    name,
    (progress) => {
      latest = progress;
      wake();
    },
    signal,
  );
  let settled = false;
  const end = fetched.then(
    () => (settled = true),
    () => (settled = true),
  );
  while (!settled) {
    await Promise.race([end, new Promise<void>((resolve) => (wake = resolve))]);
    if (latest) yield { progress: { what: name, done: latest.bytes, of: latest.total } };
    latest = undefined;
  }
  yield { name, path: await fetched };
}
