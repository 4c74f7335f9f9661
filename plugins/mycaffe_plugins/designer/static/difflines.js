// Which lines of two texts differ (Myers' greedy algorithm), and how a text area's text maps to a file's.

const MOST_EDITS = 600; // beyond, all between the first and the last difference counts as changed

// Hunks in order: {old: [from, end], now: [from, end]}, lines counted from 0, `end` excluded.
export function diffLines(before, after) {
  const a = before.split(/\r\n|\r|\n/), b = after.split(/\r\n|\r|\n/);
  let from = 0, tail = 0;
  while (from < Math.min(a.length, b.length) && a[from] === b[from]) from++;
  while (tail < Math.min(a.length, b.length) - from && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  if (from === a.length && from === b.length) return lineEndsOnly(before, after);
  const n = a.length - from - tail, m = b.length - from - tail;
  const steps = n && m ? shortest((i, j) => a[from + i] === b[from + j], n, m) : null;
  if (!steps) return [n && m ? {old: [from, from + n], now: [from, from + m]} : settled({old: [from, from + n], now: [from, from + m]}, a, b)];
  const hunks = [];
  for (const [i, j, removed] of steps) {
    const last = hunks.at(-1), x = from + i, y = from + j;
    const hunk = last && last.old[1] === x && last.now[1] === y ? last : {old: [x, x], now: [y, y]};
    if (hunk !== last) hunks.push(hunk);
    if (removed) hunk.old[1]++; else hunk.now[1]++;
  }
  return hunks.map((hunk, i) => settled(hunk, a, b, hunks[i - 1]));
}

// Lines that were only put in, or only taken out, can often be moved up by a few lines with the same effect: they are told to begin
// where a block begins.
function settled({old, now}, a, b, before = null) {
  const added = old[0] === old[1], [from, end] = added ? now : old, lines = added ? b : a;
  if (!added && now[0] !== now[1]) return {old, now};
  const most = Math.min(old[0] - (before?.old[1] ?? 0), now[0] - (before?.now[1] ?? 0));
  const cost = line => line.trim() === '' ? 90 : /^\s*/.exec(line)[0].length + (/^\s*\}/.test(line) ? 1 : 0);
  let best = 0, up = 0;
  while (up < most && lines[from - up - 1] === lines[end - up - 1]) {
    up++;
    if (cost(lines[from - up]) < cost(lines[from - best])) best = up;
  }
  const moved = part => part.map(line => line - best);
  return {old: moved(old), now: moved(now)};
}

// Texts that differ in line ends alone: the lines whose ends differ.
function lineEndsOnly(before, after) {
  if (before === after) return [];
  const a = before.match(/\r\n|\r|\n/g) ?? [], b = after.match(/\r\n|\r|\n/g) ?? [];
  return a.flatMap((end, i) => end === b[i] ? [] : [{old: [i, i + 1], now: [i, i + 1]}]);
}

// Single steps [i, j, removed] from (0, 0) to (n, m), or null where there would be too many.
function shortest(equal, n, m) {
  const most = Math.min(n + m, MOST_EDITS), trace = [], reach = new Map([[1, 0]]);
  for (let d = 0; d <= most; d++) {
    for (let k = -d; k <= d; k += 2) {
      let i = k === -d || (k !== d && reach.get(k - 1) < reach.get(k + 1)) ? reach.get(k + 1) : reach.get(k - 1) + 1;
      while (i < n && i - k < m && equal(i, i - k)) i++;
      reach.set(k, i);
      if (i >= n && i - k >= m) return walkBack(trace, d, n, m);
    }
    trace.push(new Map(reach));
  }
  return null;
}

function walkBack(trace, d, n, m) {
  const steps = [];
  for (let i = n, j = m; d > 0; d--) {
    const reach = trace[d - 1], k = i - j;
    const down = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
    const from = down ? k + 1 : k - 1;
    i = reach.get(from);
    j = i - from;
    steps.push([i, j, !down]);
  }
  return steps.reverse();
}

export const linesChanged = hunks => hunks.reduce((all, {old, now}) => all + Math.max(old[1] - old[0], now[1] - now[0]), 0);

// Where two texts differ: equal before `from`; equal after `oldEnd` and `newEnd`.
export function changedSpan(before, after) {
  const most = Math.min(before.length, after.length);
  let from = 0, tail = 0;
  while (from < most && before[from] === after[from]) from++;
  while (tail < most - from && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  return {from, oldEnd: before.length - tail, newEnd: after.length - tail};
}

// A text area has "\n" for every line end and no byte order mark; the file keeps its own.
export const inTextArea = exact => exact.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');

// The file's text after a text area's text was changed to `value`: only the changed span is replaced, and the lines typed
// get the line end of the line that they were typed in.
export function intoFile(exact, value) {
  const shown = inTextArea(exact), {from, oldEnd, newEnd} = changedSpan(shown, value);
  const start = placeInFile(exact, from), end = placeInFile(exact, oldEnd);
  const typed = value.slice(from, newEnd);
  return exact.slice(0, start) + (typed.includes('\n') ? typed.replace(/\n/g, lineEndAt(exact, start)) : typed) + exact.slice(end);
}

function placeInFile(exact, place) {
  let at = exact.startsWith('\ufeff') ? 1 : 0;
  if (!exact.includes('\r')) return at + place;
  for (let seen = 0; seen < place; seen++) at += exact[at] === '\r' && exact[at + 1] === '\n' ? 2 : 1;
  return at;
}

function lineEndAt(exact, at) {
  const after = /\r\n|\r|\n/g;
  after.lastIndex = at;
  const found = after.exec(exact);
  if (found) return found[0];
  return exact.slice(0, at).match(/(\r\n|\r|\n)[^\r\n]*$/)?.[1] ?? '\n';
}
