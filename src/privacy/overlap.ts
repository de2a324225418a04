import { PII_TYPES, type PiiFinding } from './types.js';

/** Scores closer than this are equal: the tier decides then. */
const BUCKET = 0.12;
/** A loser's rest that is no longer than this goes to the winner; a longer one is a value of its own. */
const SHORT_REST = 3;

/**
 * One finding for each place: by score (in steps of .12), then tier, then length. What an outranked finding covers
 * beyond the winner stays covered, since it was accepted too. Sorted by start, never overlapping.
 */
export function resolveOverlaps(findings: readonly PiiFinding[], text: string): PiiFinding[] {
  const winners: PiiFinding[] = [];
  for (const finding of findings.toSorted(byRank)) {
    for (const rest of restsOf(finding, winners)) {
      const neighbour = winners.find(({ start, end }) => start === rest.end || end === rest.start);
      const isWhole = rest.start === finding.start && rest.end === finding.end;
      if (isWhole) winners.push({ ...rest });
      else if (!/[\p{L}\p{N}]/u.test(text.slice(rest.start, rest.end))) continue;
      else if (neighbour && rest.end - rest.start <= SHORT_REST) {
        neighbour.start = Math.min(neighbour.start, rest.start);
        neighbour.end = Math.max(neighbour.end, rest.end);
      } else winners.push(trimmed(rest, text));
    }
  }
  return winners.sort((a, b) => a.start - b.start);
}

function byRank(a: PiiFinding, b: PiiFinding): number {
  return (
    bucket(b) - bucket(a) ||
    PII_TYPES[a.type].tier - PII_TYPES[b.type].tier ||
    b.end - b.start - (a.end - a.start) ||
    b.score - a.score ||
    a.start - b.start
  );
}

function bucket({ score }: PiiFinding): number {
  return Math.floor(Math.min(score, 0.99) / BUCKET + 1e-9);
}

/** The parts of a finding that no winner covers. */
function restsOf(finding: PiiFinding, winners: readonly PiiFinding[]): PiiFinding[] {
  let rests = [finding];
  for (const winner of winners) {
    rests = rests.flatMap((rest) => {
      if (winner.end <= rest.start || rest.end <= winner.start) return [rest];
      return [
        { ...rest, end: winner.start },
        { ...rest, start: winner.end },
      ].filter(({ start, end }) => start < end);
    });
  }
  return rests;
}

function trimmed(finding: PiiFinding, text: string): PiiFinding {
  const value = text.slice(finding.start, finding.end);
  const start = finding.start + value.search(/[^\s,./()-]/);
  return { ...finding, start, end: start + value.replace(/^[\s,./()-]+|[\s,./()-]+$/g, '').length };
}
