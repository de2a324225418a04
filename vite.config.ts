import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build, defineConfig, type InlineConfig, type Plugin, type Rollup } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** adoptedStyleSheets: Safari 16.4. */
const target = ['es2022', 'safari16.4'];

/**
 * dist/web: the customers' widget as one classic script under a fixed name, what it fetches when it is needed, and the demo
 * bank page beside it, as it is.
 */
export default defineConfig({
  publicDir: here('src/web/page'),
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
  plugins: [socketClient(), englishTexts(), compressedToo()],
  build: {
    outDir: here('dist/web'),
    emptyOutDir: false,
    target,
    reportCompressedSize: false,
    lib: { entry: here('src/web/widget/element.tsx'), formats: ['iife'], name: 'Sangdam', fileName: () => 'widget.js' },
  },
});

/** widget.socket.js: an ES module that the script imports when the chat is opened (src/web/widget/socket-client.ts). */
function socketClient(): Plugin {
  const config: InlineConfig = {
    configFile: false,
    publicDir: false,
    logLevel: 'error',
    resolve: {
      alias: [
        { find: /^\.\/webtransport\.js$/, replacement: here('src/web/widget/no-transport.ts') },
        { find: /^\.\/(?:is-)?binary\.js$/, replacement: here('src/web/widget/no-binary.ts') },
      ],
    },
    build: {
      write: false,
      target,
      rollupOptions: {
        input: here('src/web/widget/socket-io.ts'),
        preserveEntrySignatures: 'strict',
        output: { format: 'es' },
      },
    },
  };
  return {
    name: 'socket-client',
    async generateBundle() {
      const [client] = ((await build(config)) as Rollup.RollupOutput).output;
      this.emitFile({ type: 'asset', fileName: 'widget.socket.js', source: client.code });
    },
  };
}

/** widget.en.json: fetched where the page or the element asks for English. */
function englishTexts(): Plugin {
  const file = here('src/web/widget/texts.en.json');
  return {
    name: 'english-texts',
    generateBundle() {
      const source = JSON.stringify(JSON.parse(readFileSync(file, 'utf8')));
      this.emitFile({ type: 'asset', fileName: 'widget.en.json', source });
    },
  };
}

/** A .gz and a .br beside each file of the widget; the service gives them to browsers that take them. */
function compressedToo(): Plugin {
  return {
    name: 'compressed-too',
    enforce: 'post',
    generateBundle(_, bundle) {
      for (const file of Object.values(bundle)) {
        const source = file.type === 'chunk' ? file.code : file.source;
        this.emitFile({ type: 'asset', fileName: `${file.fileName}.gz`, source: gzipSync(source, { level: 9 }) });
        this.emitFile({ type: 'asset', fileName: `${file.fileName}.br`, source: brotliCompressSync(source) });
      }
    },
  };
}
