import { PDFLoader } from '@langchain/community/document_loaders/fs/pdf';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OPS, Util, type PDFDocumentProxy, type PDFPageProxy } from 'pdfjs-dist/legacy/build/pdf.mjs';
import type { TextItem } from 'pdfjs-dist/types/src/display/api.js';
import { PDFParse, type LoadParameters, type TextResult } from 'pdf-parse';
import { layOut } from './pdf-layout.ts';
import type { Bookmark, Page, Piece, Ruling } from './pdf-page.ts';
import { checkStreams } from './pdf-streams.ts';
import type { Extracted, ExtractedPart, ExtractionLimits } from './protocol.ts';
import { Refusal } from './refusal.ts';

type Matrix = [number, number, number, number, number, number];
type Outline = Awaited<ReturnType<PDFDocumentProxy['getOutline']>>;

/** More characters on one page than can be set on it. */
const MAX_PIECES = 50_000;

/** More lines than a page of tables has: a drawing. */
const MAX_RULINGS = 4_000;

/** Rectangles up to this thick are lines, in points. */
const THIN = 2.5;

/** Its character maps are what fonts that are not embedded are read with. */
const PDFJS_FOLDER = dirname(fileURLToPath(import.meta.resolve('pdfjs-dist/package.json')));

/**
 * PDFLoader of @langchain/community with a layout in its pages (`layOut`).
 * @throws Refusal, and what pdfjs throws
 */
export async function extract(bytes: Buffer, limits: ExtractionLimits): Promise<Extracted> {
  checkStreams(bytes, limits);
  const pagesWithoutText: number[] = [];
  const loader = new PDFLoader(new Blob([new Uint8Array(bytes)]), {
    pdfjs: async () => ({ isV2: true, PDFParse: parserWithLayout(limits, pagesWithoutText) }),
  });
  const parts = (await loader.load()).map(({ pageContent, metadata }): ExtractedPart => {
    const { pageNumber } = metadata['loc'] as { pageNumber: number };
    return { text: pageContent, page: pageNumber };
  });
  const scanned = pagesWithoutText.length;
  if (parts.length === 0) throw new Refusal(scanned > 0 ? { reason: 'no-text', pages: scanned } : { reason: 'empty' });
  return { type: 'extracted', parts, pagesWithoutText };
}

/**
 * pdf-parse, whose `getText` gives pages of headings, paragraphs and rows of tables. Its own text has none of them, and no blanks where a
 * font does not name them.
 * @param pagesWithoutText Gets the numbers of pages that show something, but hold no text.
 */
function parserWithLayout(limits: ExtractionLimits, pagesWithoutText: number[]): typeof PDFParse {
  return class extends PDFParse {
    constructor(options: LoadParameters) {
      super({
        ...options,
        cMapUrl: `${PDFJS_FOLDER}/cmaps/`,
        cMapPacked: true,
        standardFontDataUrl: `${PDFJS_FOLDER}/standard_fonts/`,
        isEvalSupported: false,
        useSystemFonts: false,
        useWasm: false,
        // Pictures are not decoded: nothing of them is read.
        maxImageSize: 1,
        verbosity: 0,
      });
    }

    override async getText(): Promise<TextResult> {
      // `load` is private there; all its methods start with it.
      const document = await (this as unknown as { load(): Promise<PDFDocumentProxy> }).load();
      if (document.numPages > limits.pages) throw new Refusal({ reason: 'too-large', limit: 'pages' });
      const pages: Page[] = [];
      for (let number = 1; number <= document.numPages; number++) {
        const { page, showsSomething } = await readPage(await document.getPage(number));
        if (isReadable(page)) pages.push(page);
        else if (showsSomething) pagesWithoutText.push(number);
      }
      const laidOut = layOut(pages, bookmarksOf(await document.getOutline()));
      const result = laidOut.map(({ number, lines }) => ({ num: number, text: lines.join('\n') }));
      return { pages: result, text: '', total: document.numPages } as unknown as TextResult;
    }
  };
}

/** A font without a table of its characters gives control characters and private ones instead of text. */
function isReadable({ pieces }: Page): boolean {
  const text = pieces
    .map((piece) => piece.text)
    .join('')
    .replace(/\s/g, '');
  const strange = text.match(/[\u0000-\u001f\u007f-\u009f\ufffd\ue000-\uf8ff]/g)?.length ?? 0;
  return text !== '' && strange < text.length * 0.3;
}

async function readPage(page: PDFPageProxy): Promise<{ page: Page; showsSomething: boolean }> {
  const content = await page.getTextContent();
  const isVertical = (font: string): boolean => content.styles[font]?.vertical === true;
  const items = content.items.filter((item): item is TextItem => 'str' in item && !isVertical(item.fontName));
  if (items.length > MAX_PIECES) throw new Refusal({ reason: 'too-large', limit: 'pages' });
  // Also loads the fonts, whose names tell whether they are bold.
  const operators = await page.getOperatorList();
  const viewport = page.getViewport({ scale: 1, rotation: (page.rotate + uprightTurn(items, page.rotate)) % 360 });
  const turn = viewport.transform as Matrix;
  const read: Page = {
    number: page.pageNumber,
    width: viewport.width,
    height: viewport.height,
    pieces: items.flatMap((item) => pieceOf(item, turn, (font) => isBold(page, font))),
    rulings: rulingsOf(operators, turn),
  };
  page.cleanup();
  return { page: read, showsSomething: operators.fnArray.includes(OPS.transform) };
}

/** A wide table is often drawn turned on an upright page: by how many degrees the page must be turned to read most of its text. */
function uprightTurn(items: readonly TextItem[], pageRotation: number): number {
  const characters = [0, 0, 0, 0];
  for (const { str, transform } of items) {
    const quarter = Math.round(Math.atan2(transform[1], transform[0]) / (Math.PI / 2));
    characters[(quarter + 4) % 4]! += str.trim().length;
  }
  const most = characters.indexOf(Math.max(...characters));
  return (((most * 90 - pageRotation) % 360) + 360) % 360;
}

function pieceOf(item: TextItem, turn: Matrix, bold: (font: string) => boolean): Piece[] {
  const [a, b, c, d, x, y] = Util.transform(turn, item.transform) as Matrix;
  const size = Math.hypot(c, d);
  // Blanks of no height are guessed by pdfjs from gaps; `segmentsOf` does it with the habits of Korean type.
  const guessed = item.height === 0 && item.str.trim() === '';
  const upright = Math.abs(b) <= 0.1 * Math.abs(a) && a > 0;
  if (!upright || guessed || item.str === '' || !(size > 0)) return [];
  // A font that does not name its blank gives a control character.
  const text = item.str.replace(/[\u0000-\u0020\u00a0\u3000]+/g, ' ');
  return [{ text, x, right: x + item.width, y, size, bold: bold(item.fontName) }];
}

function isBold(page: PDFPageProxy, font: string): boolean {
  if (!page.commonObjs.has(font)) return false;
  const loaded = page.commonObjs.get(font) as { name?: string; black?: boolean; bold?: boolean };
  return loaded.bold === true || loaded.black === true || /bold|heavy|black/i.test(loaded.name ?? '');
}

function rulingsOf({ fnArray, argsArray }: { fnArray: number[]; argsArray: unknown[] }, turn: Matrix): Ruling[] {
  const rulings: Ruling[] = [];
  const saved: Matrix[] = [];
  let matrix = turn;
  for (const [at, operator] of fnArray.entries()) {
    const args = argsArray[at];
    if (operator === OPS.save) saved.push(matrix);
    else if (operator === OPS.restore) matrix = saved.pop() ?? matrix;
    else if (operator === OPS.transform) matrix = Util.transform(matrix, args as Matrix) as Matrix;
    else if (operator === OPS.constructPath) {
      const [paint, [path]] = args as [number, [ArrayLike<number> | null]];
      if (path) for (const line of linesOf(paint, path, matrix)) rulings.push(line);
      if (rulings.length > MAX_RULINGS) return [];
    }
  }
  return rulings;
}

const STROKES: ReadonlySet<number> = new Set([OPS.stroke, OPS.closeStroke, OPS.fillStroke, OPS.eoFillStroke]);
const FILLS: ReadonlySet<number> = new Set([OPS.fill, OPS.eoFill]);

/** The edges of stroked paths, and the thin shapes of filled ones. */
function linesOf(paint: number, path: ArrayLike<number>, matrix: Matrix): Ruling[] {
  if (!STROKES.has(paint) && !FILLS.has(paint)) return [];
  return subpaths(path, matrix).flatMap((points) => {
    if (STROKES.has(paint)) return points.slice(1).flatMap((point, at) => ruling([points[at]!, point]));
    return ruling(points);
  });
}

type Point = [x: number, y: number];

function ruling(points: readonly Point[]): Ruling[] {
  let [x1, x2, y1, y2] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const [x, y] of points) {
    [x1, x2] = [Math.min(x1, x), Math.max(x2, x)];
    [y1, y2] = [Math.min(y1, y), Math.max(y2, y)];
  }
  const [width, height] = [x2 - x1, y2 - y1];
  if (height <= THIN && width > 2 * THIN) return [{ x1, x2, y1: (y1 + y2) / 2, y2: (y1 + y2) / 2 }];
  if (width <= THIN && height > 2 * THIN) return [{ x1: (x1 + x2) / 2, x2: (x1 + x2) / 2, y1, y2 }];
  return [];
}

/** pdfjs' own codes in a path. */
const [MOVE, LINE, CURVE, CLOSE] = [0, 1, 2, 3];

function subpaths(path: ArrayLike<number>, [a, b, c, d, e, f]: Matrix): Point[][] {
  const found: Point[][] = [];
  const point = (at: number): Point => {
    const [x, y] = [path[at] ?? 0, path[at + 1] ?? 0];
    return [a * x + c * y + e, b * x + d * y + f];
  };
  for (let at = 0; at < path.length;) {
    const code = path[at++];
    const points = found.at(-1);
    if (code === MOVE || !points) found.push([point(at)]);
    else if (code === LINE) points.push(point(at));
    else if (code === CURVE) points.push(point(at + 4));
    else if (code === CLOSE) points.push(points[0]!);
    else return found;
    at += code === CURVE ? 6 : code === CLOSE ? 0 : 2;
  }
  return found;
}

function bookmarksOf(outline: Outline, depth = 0): Bookmark[] {
  // An outline that is deeper is a loop.
  if (!outline || depth > 10) return [];
  return outline.flatMap(({ title, items }) => [{ title, depth }, ...bookmarksOf(items as Outline, depth + 1)]);
}
