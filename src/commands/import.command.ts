import { AppError } from '../config/app-error.js';
import { FORMATS, Importer, type Format } from '../knowledge/index.js';
import type { Command } from './command.js';

const importing: Omit<Command, 'name'> = {
  description:
    'Documents and question–answer pairs into the store: Markdown, HTML, text, PDF, DOCX, statutes, CSV, JSONL, YAML',
  args: '[path...]',
  paths: true,
  options: [
    { flags: '--format <format>', description: `instead of what the ending says: ${FORMATS.join(', ')}` },
    {
      flags: '--prune',
      description: 'delete what came from a folder before and is not in it any more',
      default: false,
    },
    { flags: '--delete <id>', description: 'take a document or an exemplar out of use instead' },
  ],
  audited: true,
  reads: false,
  needs: 'application',
  async *run({ args, options, signal }, application) {
    const importer = application!.get(Importer, { strict: false });
    if (typeof options.delete === 'string') return yield* importer.remove([options.delete]);
    if (args.length === 0) throw AppError.of('command.usage', { expected: 'import documents <path…>' });
    yield* importer.import(args, { format: formatOf(options.format), prune: options.prune === true, signal });
  },
};

/** One line a document or exemplar; what cannot be read is skipped with file, line and reason. */
export const importCommand: Command = { name: 'import', ...importing };
export const importDocumentsCommand: Command = { name: 'import documents', ...importing };

function formatOf(given: unknown): Format | undefined {
  if (given === undefined) return undefined;
  const format = FORMATS.find((known) => known === given);
  if (!format) throw AppError.of('command.usage', { expected: `--format: ${FORMATS.join(', ')}` });
  return format;
}
