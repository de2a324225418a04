// Child process of fetchFromHub: its retries do not end by themselves, so it must be possible to kill it.
// Imports packages and types only (see siblingEntry).
import { createModelDownloader } from 'node-llama-cpp';

const [modelUri, dirPath, fileName] = process.argv.slice(2) as [string, string, string];

process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

const downloader = await createModelDownloader({
  modelUri,
  dirPath,
  fileName,
  deleteTempFileOnCancel: false,
  onProgress: ({ downloadedSize }) => process.send?.(downloadedSize),
});
await downloader.download();
process.exit(0);
