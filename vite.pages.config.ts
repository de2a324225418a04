import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** dist/web: the pages of the bank's own people, each at the path that is its folder's name. */
export default defineConfig({
  root: here('src/web'),
  publicDir: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
  build: {
    outDir: here('dist/web'),
    emptyOutDir: false,
    target: ['es2022', 'safari16.4'],
    reportCompressedSize: false,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: { operations: here('src/web/operations/index.html') } },
  },
});
