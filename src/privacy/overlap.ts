import { PII_TYPES, type PiiFinding } from './types.js';

/** Scores closer than this are equal: the tier decides then. */
const BUCKET = 0.12;
/** A loser's rest that is no longer than this goes to the winner; a longer one is a value of its own. */
const SHORT_REST = 3;

/**
 * One finding for each place: by score (in steps of .12), then tier, then length. What an outranked finding covers
 * beyond the winner stays covered, since it was accepted too. Sorted by start, never overlapping.
 * Time is linear in the total length of the findings, but for the sorting.
 */
export function resolveOverlaps(findings: readonly PiiFinding[], text: string): PiiFinding[] {
  const winners: PiiFinding[] = [];
  const owners: (PiiFinding | undefined)[] = [];
  const claim = (finding: PiiFinding, start: number, end: number) => owners.fill(finding, start, end);
  owners.length = text.length;
  for (const finding of findings.toSorted(byRank)) {
    for (const rest of restsOf(finding, owners)) {
      const isWhole = rest.end - rest.start === finding.end - finding.start;
      if (!isWhole && !/[\p{L}\p{N}]/u.test(text.slice(rest.start, rest.end))) continue;
      const neighbour = owners[rest.start - 1] ?? owners[rest.end];
      // Two readings of one address are one address.
      const isSameAddress = finding.type === 'ADDRESS' && neighbour?.type === 'ADDRESS';
      if (!isWhole && neighbour && (isSameAddress || rest.end - rest.start <= SHORT_REST)) {
        neighbour.start = Math.min(neighbour.start, rest.start);
        neighbour.end = Math.max(neighbour.end, rest.end);
        claim(neighbour, rest.start, rest.end);
      } else {
        const winner = isWhole ? { ...rest } : trimmed(rest, text);
        winners.push(winner);
        claim(winner, winner.start, winner.end);
      }
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

/** The parts of a finding that nobody owns yet. */
function restsOf(finding: PiiFinding, owners: readonly (PiiFinding | undefined)[]): PiiFinding[] {
  const rests: PiiFinding[] = [];
  let start = finding.start;
  for (let at = finding.start; at <= finding.end; at++) {
    if (at < finding.end && owners[at] === undefined) continue;
    if (start < at) rests.push({ ...finding, start, end: at });
    start = at + 1;
  }
  return rests;
}

function trimmed(finding: PiiFinding, text: string): PiiFinding {
  const value = text.slice(finding.start, finding.end);
  const start = finding.start + value.search(/[^\s,./()-]/);
  return { ...finding, start, end: start + value.replace(/^[\s,./()-]+|[\s,./()-]+$/g, '').length };
}
