/** What a page shows, in points from its upper left corner as it is read. */
export interface Page {
  /** From 1. */
  number: number;
  width: number;
  height: number;
  /** In the order in which the file draws them. */
  pieces: Piece[];
  rulings: Ruling[];
}

/** Characters drawn side by side. `text` is one blank where the file draws one. */
export interface Piece {
  text: string;
  x: number;
  right: number;
  /** Of the base line. */
  y: number;
  /** Of the type. */
  size: number;
  bold: boolean;
}

/** A horizontal or vertical line, thin rectangles included. x1 ≤ x2, y1 ≤ y2. */
export interface Ruling {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

/** An entry of the file's outline. */
export interface Bookmark {
  title: string;
  /** From 0. */
  depth: number;
}
