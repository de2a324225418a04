import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** dist/web: the customers' widget as one classic script under a fixed name, and the demo bank page beside it, as it is. */
export default defineConfig({
  publicDir: here('src/web/page'),
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
  resolve: { alias: [{ find: /^\.\/webtransport\.js$/, replacement: here('src/web/widget/no-transport.ts') }] },
  build: {
    outDir: here('dist/web'),
    emptyOutDir: false,
    // adoptedStyleSheets: Safari 16.4.
    target: ['es2022', 'safari16.4'],
    reportCompressedSize: false,
    lib: { entry: here('src/web/widget/element.tsx'), formats: ['iife'], name: 'Sangdam', fileName: () => 'widget.js' },
  },
});
