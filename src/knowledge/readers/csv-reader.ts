import { CsvError, parse } from 'csv-parse/sync';
import { AppError } from '../../config/app-error.js';
import type { Exemplar } from '../exemplar.js';
import { englishName, exemplarOf } from './exemplar-record.js';
import { eachRecord, type Records } from './records.js';
import type { TextFile } from './text-file.js';

interface Row {
  line: number;
  record: Record<string, string>;
}

/**
 * Question–answer pairs as a table with a head row (question, answer, … or 질문, 답변, …), columns apart by comma,
 * semicolon or tab. A bad row is a fault; so is a last row whose quotation mark never closes (document.truncated).
 * @throws AppError document.invalid where the head row names no question and answer.
 */
export function readCsv(file: TextFile): Records<Exemplar> {
  const head = file.text.slice(0, file.text.indexOf('\n') + 1 || undefined);
  const delimiter = [',', '\t', ';'].reduce((best, mark) => (count(head, mark) > count(head, best) ? mark : best));
  const names = head.split(delimiter).map((name) => englishName(name.replaceAll('"', '')));
  if (!names.includes('question') || !names.includes('answer'))
    throw AppError.of('document.invalid', { file: file.name, line: 1, expected: 'question, answer' });
  const broken: AppError[] = [];
  const { read, faults } = eachRecord(rows(file, delimiter, broken), ({ record, line }) =>
    exemplarOf(record, { file: file.name, line }),
  );
  return { read, faults: [...faults, ...broken] };
}

function rows(file: TextFile, delimiter: string, broken: AppError[]): Row[] {
  let end = 1;
  const found: { record: Record<string, string>; info: { lines: number } }[] = [];
  try {
    parse(file.text, {
      delimiter,
      columns: (names: string[]) => names.map(englishName),
      skip_empty_lines: true,
      skip_records_with_error: true,
      info: true,
      on_skip: (error) => {
        if (error) broken.push(rowError(file.name, error));
        return undefined;
      },
      on_record: (row: { record: Record<string, string>; info: { lines: number } }) => {
        found.push(row);
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    broken.push(rowError(file.name, error));
  }
  // The parser tells the line on which a row ends; it starts on the one after the row before it.
  return found.map(({ record, info }) => {
    const line = end + 1;
    end = info.lines;
    return { record, line };
  });
}

function rowError(file: string, error: CsvError): AppError {
  const line = typeof error.lines === 'number' ? error.lines : 1;
  if (error.code === 'CSV_QUOTE_NOT_CLOSED') return AppError.of('document.truncated', { file, line }, { cause: error });
  return AppError.of('document.invalid', { file, line, expected: 'CSV' }, { cause: error });
}

function count(text: string, mark: string): number {
  return text.split(mark).length - 1;
}
