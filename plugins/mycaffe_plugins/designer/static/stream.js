// Events of the server, one connection a browser: browsers open six connections a host, and a stream holds one.
// The page that holds the lock reads and passes on what comes; the next page takes over when it is closed.
// Without a secure context there are no locks: then each page has a stream of its own, closed while hidden.

const KINDS = ['hello', 'rows', 'live', 'tests', 'run', 'frame', 'file', 'job', 'gone', 'again'];
const NAME = 'mycaffe-designer-stream';
const GONE_MS = 2000; // failing for longer than this, the server counts as gone
const WAITS_MS = [300, 600, 1200, 2500, 5000];
const BEAT_MS = 20_000, FORGET_MS = 150_000; // timers of hidden pages come once a minute

const heard = new Map(); // kind -> Set of functions
const watched = new Map(); // run "PROJECT/NET/003" -> how many places of this page watch it
const me = crypto.getRandomValues(new Uint32Array(2)).join('-');

// Call `tell(data)` for each event of a kind; returns what ends it. Kinds: those of the server ("gone": a run whose
// folder is no longer there), and
// "again" {run: "PROJECT/NET/003" | null}: something may have been missed; what is on view must be fetched again.
export function subscribe(kind, tell) {
  if (!heard.has(kind)) heard.set(kind, new Set());
  heard.get(kind).add(tell);
  return () => heard.get(kind).delete(tell);
}

function pass(kind, data) {
  for (const tell of [...heard.get(kind) ?? []]) {
    // One that fails must not keep the event from the others.
    try { tell(data); } catch (error) { reportError(error); }
  }
}

// Ask for rows and samples of runs while they are on view; returns what ends it.
export function watch(...runs) {
  for (const run of runs) watched.set(run, (watched.get(run) ?? 0) + 1);
  changed();
  let ended = false;
  return () => {
    if (ended) return;
    ended = true;
    for (const run of runs) {
      const left = watched.get(run) - 1;
      if (left) watched.set(run, left); else watched.delete(run);
    }
    changed();
  };
}

// ---- the connection, in the page that reads

let speaking = null; // {source, runs}: whose events are passed on
let opening = null; // the next one, until it says hello: so nothing falls between the two
let wanted = new Set(), failingSince = 0, failures = 0, retry = 0, due = 0, last = null;
let deliver = pass; // where what comes goes: this page, or all pages

function connect() {
  clearTimeout(retry);
  clearTimeout(due);
  retry = due = 0;
  opening?.source.close();
  const source = new EventSource(`/api/events?runs=${[...wanted].map(encodeURIComponent).join(',')}`);
  const mine = opening = {source, runs: wanted};
  for (const kind of KINDS) {
    source.addEventListener(kind, event => {
      const data = JSON.parse(event.data);
      if (kind === 'hello') hello(mine, data); else if (mine === speaking) came(kind, data);
    });
  }
  source.onerror = () => {
    source.close();
    if (mine === speaking) speaking = null;
    if (mine === opening) opening = null;
    failingSince ||= Date.now();
    if (!speaking && Date.now() - failingSince > GONE_MS) deliver('unreachable', {});
    if (!opening && !retry) retry = setTimeout(connect, WAITS_MS[Math.min(failures++, WAITS_MS.length - 1)]);
  };
}

function hello(mine, data) {
  const before = speaking;
  if (before !== mine) before?.source.close();
  if (opening === mine) opening = null;
  speaking = mine;
  failures = failingSince = 0;
  last = data.seq ?? null;
  deliver('hello', data);
  if (!before || before === mine) deliver('again', {run: null});
  else for (const run of mine.runs) if (!before.runs.has(run)) deliver('again', {run});
}

function came(kind, data) {
  if (typeof data.seq === 'number') {
    if (last !== null && data.seq !== last + 1) deliver('again', {run: null});
    last = data.seq;
  }
  if (kind === 'run' && !data.id) return; // a run without a record yet
  deliver(kind, data);
}

function disconnect() {
  clearTimeout(retry);
  clearTimeout(due);
  opening?.source.close();
  speaking?.source.close();
  speaking = opening = null;
  retry = due = 0;
}

// Ask the server for these runs: at once for more, a little later for fewer (walking from view to view).
function cover(runs) {
  const now = opening ?? speaking;
  const more = !now || [...runs].some(run => !now.runs.has(run));
  wanted = runs;
  clearTimeout(due);
  if (retry || (!more && runs.size === now.runs.size)) return;
  due = setTimeout(connect, more ? 30 : 4000);
}

// ---- one stream a browser

let channel = null, reading = false, count = 0, seen = null, release = null;
const wants = new Map(); // page -> {runs, at}: what each page watches, in the page that reads

let changed = () => {};

function union() {
  const runs = new Set(watched.keys());
  for (const [page, {runs: theirs, at}] of wants) {
    if (Date.now() - at > FORGET_MS) wants.delete(page); else theirs.forEach(run => runs.add(run));
  }
  return runs;
}

function shareStream() {
  channel = new BroadcastChannel(NAME);
  channel.onmessage = ({data: {type, page, runs, kind, data, number}}) => {
    if (type === 'want' && reading) {
      wants.set(page, {runs, at: Date.now()});
      cover(union());
    } else if (type === 'bye') {
      if (wants.delete(page) && reading) cover(union());
    } else if (type === 'who') {
      tellWants();
    } else if (type === 'event' && !reading) {
      // Numbers in a row show that no message was lost (a page that was frozen, another reader).
      if (seen && (seen.page !== page || number !== seen.number + 1)) pass('again', {run: null});
      seen = {page, number};
      arrived(kind, data);
    }
  };
  changed = () => { if (reading) cover(union()); else tellWants(); };
  const tellWants = () => channel?.postMessage({type: 'want', page: me, runs: [...watched.keys()]});
  const beat = setInterval(() => { if (reading) cover(union()); else tellWants(); }, BEAT_MS);
  const leaving = new AbortController();
  navigator.locks.request(NAME, {signal: leaving.signal}, () => new Promise(done => {
    release = done;
    reading = true;
    deliver = (kind, data) => {
      channel?.postMessage({type: 'event', page: me, kind, data, number: ++count});
      arrived(kind, data);
    };
    channel.postMessage({type: 'who'});
    cover(union());
  })).catch(error => { if (error.name !== 'AbortError') throw error; });
  changed();
  return () => {
    clearInterval(beat);
    channel.postMessage({type: 'bye', page: me});
    channel.close();
    channel = null;
    if (reading) disconnect();
    reading = false;
    wants.clear();
    leaving.abort();
    release?.();
  };
}

function ownStream() {
  deliver = arrived;
  const shown = () => { if (document.hidden) disconnect(); else cover(new Set(watched.keys())); };
  changed = () => { if (!document.hidden) cover(new Set(watched.keys())); };
  document.addEventListener('visibilitychange', shown);
  changed();
  return () => {
    document.removeEventListener('visibilitychange', shown);
    disconnect();
  };
}

function arrived(kind, data) {
  if (kind === 'unreachable') window.dispatchEvent(new CustomEvent('server-gone'));
  else pass(kind, data);
}

// A call failed, though the stream may be well: ask until the server answers, then take the notice away.
let asking = false;
async function askWhetherGone() {
  if (asking) return;
  asking = true;
  for (let answers = false; !answers;) {
    await new Promise(done => setTimeout(done, 1500));
    try { answers = (await fetch('/api/about')).ok; } catch { /* still gone */ }
  }
  asking = false;
  pass('hello', {});
  pass('again', {run: null});
}

export function startStream() {
  const begin = () => navigator.locks && window.BroadcastChannel ? shareStream() : ownStream();
  let end = begin();
  window.addEventListener('server-gone', askWhetherGone);
  window.addEventListener('pagehide', () => { end?.(); end = null; });
  // The page came back from the browser's memory.
  window.addEventListener('pageshow', event => { if (event.persisted && !end) { end = begin(); pass('again', {run: null}); } });
}
