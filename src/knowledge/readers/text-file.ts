import iconv from 'iconv-lite';
import { AppError } from '../../config/app-error.js';

/** A file's text: Unicode NFC, lines ended by `\n`, no byte order mark. */
export interface TextFile {
  /** As messages and citations name it. */
  name: string;
  text: string;
}

/** Larger files are refused: 20 MB is 14 times the longest statute. */
const MAX_BYTES = 20 * 1024 * 1024;

/**
 * Text of UTF-8 (with or without byte order mark) or CP949.
 * @throws AppError document.empty, .binary, .encoding, .truncated (cut inside a character) or .invalid (too large).
 */
export function decodeText(bytes: Uint8Array, name: string): string {
  if (bytes.length > MAX_BYTES) throw AppError.of('document.invalid', { file: name, line: 1, expected: '≤ 20 MB' });
  if (startsWith(bytes, 0xff, 0xfe) || startsWith(bytes, 0xfe, 0xff))
    throw AppError.of('document.encoding', { file: name });
  if (bytes.includes(0)) throw AppError.of('document.binary', { file: name });
  const text = (decodeUtf8(bytes, name) ?? decodeCp949(bytes, name)).replace(/\r\n?/g, '\n').normalize('NFC');
  if (controlShare(text) > 0.01) throw AppError.of('document.binary', { file: name });
  if (text.trim() === '') throw AppError.of('document.empty', { file: name });
  return text;
}

function startsWith(bytes: Uint8Array, first: number, second: number): boolean {
  return bytes[0] === first && bytes[1] === second;
}

/** The text, or undefined where the bytes are not UTF-8. */
function decodeUtf8(bytes: Uint8Array, name: string): string | undefined {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let whole: string;
  try {
    whole = decoder.decode(bytes, { stream: true });
  } catch {
    return undefined;
  }
  try {
    return whole + decoder.decode();
  } catch {
    // Everything but the last one to three bytes is UTF-8. One Korean CP949 character alone looks the same, so text must stand before it.
    if (!/[가-힣]/.test(whole)) return undefined;
    throw AppError.of('document.truncated', { file: name, line: whole.split('\n').length });
  }
}

function decodeCp949(bytes: Uint8Array, name: string): string {
  const text = iconv.decode(Buffer.from(bytes), 'cp949');
  if (controlShare(text) > 0.01) throw AppError.of('document.binary', { file: name });
  const broken = (text.match(/\ufffd/g) ?? []).length;
  const korean = (text.match(/[가-힣]/g) ?? []).length;
  if (broken > 0 || korean === 0) throw AppError.of('document.encoding', { file: name });
  return text;
}

/** Share of control characters other than white space; text has none. */
function controlShare(text: string): number {
  return (text.match(/[\u0000-\u0008\u000e-\u001f\u007f]/g) ?? []).length / Math.max(1, text.length);
}
