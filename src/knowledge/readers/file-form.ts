import { extname } from 'node:path';
import { AppError } from '../../config/app-error.js';

/** What a file's first bytes say that it is; undefined for text and anything else. */
export type FileForm = 'pdf' | 'docx';

/** Parts of archives and names in compound files, by which office documents are told apart. */
const IN_ARCHIVE = {
  DOCX: 'word/document',
  HWPX: 'application/hwp+zip',
  XLSX: 'xl/workbook.xml',
  PPTX: 'ppt/presentation.xml',
  ODT: 'application/vnd.oasis.opendocument',
} as const;
const IN_COMPOUND_FILE = { HWP: 'HwpSummaryInformation', XLS: 'Workbook', PPT: 'PowerPoint Document' } as const;

/**
 * Tells documents by their content: names lie, and a name may be missing its ending.
 * @throws AppError document.save-as for the forms of other programs (HWP, HWPX, DOC …), .encrypted for an Office file with a
 *   password, .mismatch for an archive without a document
 */
export function formOf(bytes: Buffer, name: string): FileForm | undefined {
  if (isPdf(bytes, name)) return 'pdf';
  if (bytes.subarray(0, 4).equals(Buffer.from('PK\x03\x04', 'latin1'))) return archiveForm(bytes, name);
  if (bytes.subarray(0, 8).equals(Buffer.from('d0cf11e0a1b11ae1', 'hex'))) throw compoundFileFault(bytes, name);
  if (bytes.subarray(0, 17).equals(Buffer.from('HWP Document File'))) throw saveAs(name, 'HWP');
  if (bytes.subarray(0, 5).equals(Buffer.from('{\\rtf'))) throw saveAs(name, 'RTF');
  return undefined;
}

/** Programs that put something before a PDF exist, and readers forgive it; a text may speak of `%PDF-`. */
function isPdf(bytes: Buffer, name: string): boolean {
  const at = bytes.subarray(0, 1024).indexOf('%PDF-');
  return at === 0 || (at > 0 && extname(name).toLowerCase() === '.pdf');
}

/** The first mark counts: a document may hold others. */
function archiveForm(bytes: Buffer, name: string): FileForm {
  const [first] = Object.entries(IN_ARCHIVE)
    .map(([form, mark]) => ({ form, at: bytes.indexOf(mark) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at);
  if (!first) throw AppError.of('document.mismatch', { file: name, expected: 'DOCX' });
  if (first.form !== 'DOCX') throw saveAs(name, first.form);
  return 'docx';
}

/** The format of Office before 2007, of HWP 5, and of the envelope around an encrypted DOCX. Its names are UTF-16. */
function compoundFileFault(bytes: Buffer, name: string): AppError {
  const holds = (entry: string): boolean => bytes.includes(Buffer.from(entry, 'utf16le'));
  if (holds('EncryptedPackage')) return AppError.of('document.encrypted', { file: name });
  const found = Object.entries(IN_COMPOUND_FILE).find(([, entry]) => holds(entry));
  return saveAs(name, found?.[0] ?? 'DOC');
}

function saveAs(file: string, form: string): AppError {
  return AppError.of('document.save-as', { file, form });
}
