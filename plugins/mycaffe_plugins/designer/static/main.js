// Start: routes, links, keys.
import {ApiError, get} from './api.js';
import {openedDocuments} from './documents.js';
import {startKeys} from './keys.js';
import {crumbOf, failed, openProject, shell, startShell} from './shell.js';
import {html, paint} from './store.js';
import {startStream, subscribe} from './stream.js';

// Each view is a module with open(ctx); a name in {} is a part of the address, {run} being "NET/003".
const ROUTES = [
  [/^\/$/, 'start', []],
  [/^\/p\/([^/]+)(?:\/model)?$/, 'editor', ['project']],
  [/^\/p\/([^/]+)\/solver$/, 'solver', ['project']],
  [/^\/p\/([^/]+)\/gym$/, 'gym', ['project']],
  [/^\/p\/([^/]+)\/runs$/, 'runs', ['project']],
  [/^\/p\/([^/]+)\/compare$/, 'runs', ['project']],
  [/^\/p\/([^/]+)\/runs\/([^/]+\/[^/]+)$/, 'run', ['project', 'run']],
];

let closing = [], turn = 0;

// Go to an address of ours. `replace`: it is the same place (a chosen layer, a phase), so Back skips it.
export async function go(url, {replace = false} = {}) {
  history[replace ? 'replaceState' : 'pushState'](null, '', url);
  await show();
}

// Change the query of the address without drawing anything anew.
export function setQuery(changes) {
  const url = new URL(location.href);
  for (const [key, value] of Object.entries(changes)) {
    if (value == null || value === '') url.searchParams.delete(key); else url.searchParams.set(key, value);
  }
  if (url.href !== location.href) history.replaceState(null, '', url);
}

async function show() {
  const mine = ++turn;
  const found = ROUTES.map(([pattern, module, names]) => [pattern.exec(location.pathname), module, names]).find(([match]) => match);
  for (const end of closing.splice(0)) end();
  const main = document.getElementById('main');
  // Listeners of the view before go with its elements.
  const fresh = document.createElement('div');
  fresh.className = 'main';
  main.replaceChildren(fresh);
  main.painted = null;
  const wait = waiting(main);
  if (!found) return lost(fresh, 'There is nothing at this address.');
  const [match, name, names] = found;
  const params = Object.fromEntries(names.map((key, i) => [key, decodeURIComponent(match[i + 1])]));
  try {
    const [module, project] = await Promise.all([
      viewModule(name), params.project ? openProject(params.project) : null,
    ]);
    if (mine !== turn) return;
    shell.set(project ? {project} : {project: null, view: ''});
    const ends = [];
    const ctx = {
      place: fresh, project, params, query: new URLSearchParams(location.search), go, setQuery,
      // Things to undo when the view is left.
      onClose(...more) { if (mine === turn) ends.push(...more); else more.forEach(end => end()); },
      current: () => mine === turn,
      top({view, title, crumb = null, actions = ''}) {
        if (mine !== turn) return;
        document.title = title ? `${title} · ${project ? project.name : 'MyCaffe Designer'}` : 'MyCaffe Designer';
        shell.set({view, crumb: crumb ?? crumbOf(project, title), actions});
      },
    };
    closing = ends;
    await module.open(ctx);
  } catch (error) {
    if (mine !== turn) return;
    if (error.status === undefined) console.error(error);
    lost(fresh, error.message, error.hint);
    if (error.status === 0) closing.push(subscribe('hello', () => { if (mine === turn) show(); }));
  } finally {
    wait.end();
  }
}

// The module of a view; one that cannot be fetched means that nobody answers any more. A browser remembers that a
// module could not be fetched, so that the next attempt needs another address.
let attempt = '';
async function viewModule(name) {
  try {
    return await import(`./${name}.js${attempt}`);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    attempt = `?again=${Date.now()}`;
    window.dispatchEvent(new CustomEvent('server-gone'));
    throw new ApiError(0, null);
  }
}

// Say that something is being done, if it takes longer than people notice.
function waiting(main) {
  const line = document.createElement('p');
  line.className = 'waiting';
  line.setAttribute('role', 'status');
  line.textContent = 'Opening …';
  const timer = setTimeout(() => main.prepend(line), 300);
  return {end() { clearTimeout(timer); line.remove(); }};
}

function lost(place, message, hint = '') {
  shell.set({crumb: html`<b>MyCaffe Designer</b>`, actions: ''});
  paint(place, html`<div class="empty"><p>${message}</p>${hint && html`<p>${hint}</p>`}<a class="btn" href="/">All projects</a></div>`);
}

function followLink(event) {
  const link = event.target.closest?.('a[href]');
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const url = new URL(link.href, location.href);
  if (url.origin !== location.origin || link.target || link.hasAttribute('download') || url.pathname.startsWith('/api/')) return;
  if (url.hash && url.pathname === location.pathname) return;
  event.preventDefault();
  if (url.href !== location.href) go(url.pathname + url.search);
}

// The answer takes a moment. A server that is ending gives none: it is asked again when it is back.
async function askAbout() {
  try {
    const about = await get('/api/about');
    shell.set({about});
    return about;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return null;
  }
}

async function start() {
  document.addEventListener('click', followLink);
  window.addEventListener('popstate', show);
  window.addEventListener('unhandledrejection', event => failed(event.reason));
  startShell(go);
  startKeys();
  subscribe('file', async ({project, kind, etag}) => {
    for (const one of await openedDocuments(project)) if (one.kind === kind) await one.changedOnDisk(etag);
  });
  const asked = askAbout();
  subscribe('hello', () => { if (!shell.get().about) askAbout(); });
  if (location.pathname === '/') {
    const about = await asked;
    if (about?.single) history.replaceState(null, '', `/p/${encodeURIComponent(about.single)}`);
  }
  startStream();
  await show();
  // The other views are then there at once, and also when the server is gone.
  setTimeout(() => ROUTES.forEach(([, name]) => import(`./${name}.js`).catch(() => {})), 1000);
}

start();
