/**
 * Text under construction: UTF-16 units, each with the span of the original that it stands for.
 * A unit may stand for several original units (a keycap digit), several units for one (an expanded ligature).
 */
export class OffsetText {
  readonly units: string[] = [];
  readonly start: number[] = [];
  readonly end: number[] = [];
  readonly soft: boolean[] = [];

  get length(): number {
    return this.units.length;
  }

  push(unit: string, start: number, end: number, soft: boolean): void {
    this.units.push(unit);
    this.start.push(start);
    this.end.push(end);
    this.soft.push(soft);
  }

  /** The last unit also stands for the original up to `end`: a mark that belongs to it was dropped. */
  extendLast(end: number): void {
    if (this.length > 0) this.end[this.length - 1] = end;
  }

  /** Copies unit `index` of another text, optionally as another character, softened or spanning up to a later end. */
  copy(
    from: OffsetText,
    index: number,
    unit = from.units[index]!,
    end = from.end[index]!,
    soft = from.soft[index]!,
  ): void {
    this.push(unit, from.start[index]!, end, soft);
  }

  toString(): string {
    return this.units.join('');
  }
}
