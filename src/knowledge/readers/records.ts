import { AppError } from '../../config/app-error.js';

/** What a file of many records holds: those that could be read, and an error with file and line for each of the others. */
export interface Records<T> {
  read: T[];
  faults: AppError[];
}

/** Reads record by record; one that throws an AppError becomes a fault, and the rest goes on. */
export function eachRecord<Entry, T>(entries: Iterable<Entry>, read: (entry: Entry) => T): Records<T> {
  const records: Records<T> = { read: [], faults: [] };
  for (const entry of entries) {
    try {
      records.read.push(read(entry));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      records.faults.push(error);
    }
  }
  return records;
}
