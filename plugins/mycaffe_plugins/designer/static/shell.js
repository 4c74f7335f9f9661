// The frame: top bar, the project's tree, a phone's tabs, notices.
import {GONE, get, ofProject, pageOf, pageOfRun, throttled} from './api.js';
import {icon, logo} from './icons.js';
import {html, listen, paint, store} from './store.js';
import {subscribe} from './stream.js';
import {counted, isLive, runLine, stateOf} from './words.js';

// project: answer of GET /api/projects/NAME, or null; view: which entry of the tree is open ("model", "run NET/003", ...);
// crumb, actions: markup of the top bar.
export const shell = store({about: null, project: null, view: '', crumb: '', actions: '', gone: false});

const place = id => document.getElementById(id);

export function startShell(go) {
  shell.view(s => [s.crumb, s.actions], ([crumb, actions]) => paint(place('top'), html`
    <a class="brand" href="/" title="All projects">${logo}<span>MyCaffe Designer</span></a>
    <nav class="crumb" aria-label="You are here">${crumb}</nav><div class="grow"></div><div class="actions">${actions}</div>`));
  shell.view(s => [s.project, s.view], ([project, view]) => {
    place('shell').classList.toggle('alone', !project);
    if (!project) return;
    place('side').setAttribute('aria-label', project.name);
    paint(place('side'), tree(project, view));
    writeLines(project);
    paint(place('tabs'), tabs(project, view));
  });
  shell.view(s => s.gone, gone => {
    place('gone')?.remove();
    if (!gone) return;
    const bar = document.createElement('div');
    bar.id = 'gone';
    bar.className = 'bad';
    bar.setAttribute('role', 'alert');
    bar.textContent = GONE;
    place('notices').append(bar);
  });
  // Also after a repaint that had to wait for the end of a click.
  new MutationObserver(() => { const {project} = shell.get(); if (project) writeLines(project); }).observe(place('side'), {childList: true});
  window.addEventListener('server-gone', () => shell.set({gone: true}));
  subscribe('hello', () => shell.set({gone: false}));
  subscribe('run', run => {
    const {project} = shell.get();
    if (!project || run.project !== project.name) return;
    const others = project.runs.filter(other => other.id !== run.id);
    const known = project.runs.find(other => other.id === run.id);
    if (known && known.state !== run.state) say(`Run ${run.number}: ${stateOf(run.state)}`);
    const runs = known ? project.runs.map(other => other.id === run.id ? {...other, ...run} : other) : [run, ...others];
    shell.set({project: {...project, runs}});
  });
  // Events were missed: runs may have ended meanwhile.
  const again = throttled(2000, () => refreshProject().catch(() => {})); // a server that is gone is said above
  subscribe('again', ({run}) => { if (!run) again(); });
  listen(place('side'), {gym: () => go(pageOf(shell.get().project.name, '/gym?live=1'))});
}

// The project that is open, or another one, which the caller shows.
export async function openProject(name) {
  const now = shell.get().project;
  if (now?.name === name) return now;
  return get(ofProject(name));
}

// Read the project anew after its files changed (names, types, runs).
export async function refreshProject() {
  const {name} = shell.get().project ?? {};
  if (name === undefined) return;
  const project = await get(ofProject(name));
  if (shell.get().project?.name === name) shell.set({project}); // another may have been opened meanwhile
}

export const crumbOf = (project, title) => html`<a class="above" href="${pageOf(project.name)}">${project.name}</a>
  <span class="sep above">/</span><b>${title}</b>`;

// Say something to people who listen to the page rather than look at it.
export function say(text) { place('said').textContent = text; }

// A notice at the bottom; `bad` ones stay until they are closed.
export function notice(text, {bad = false, action = null} = {}) {
  const bar = document.createElement('div');
  bar.className = bad ? 'bad' : '';
  bar.setAttribute('role', bad ? 'alert' : 'status');
  const words = document.createElement('span');
  words.textContent = text;
  bar.append(words);
  const button = (label, act) => {
    const made = document.createElement('button');
    made.className = 'btn';
    made.textContent = label;
    made.addEventListener('click', () => { bar.remove(); act?.(); });
    bar.append(made);
  };
  if (action) button(action.label, action.act);
  if (bad) button('Close'); else setTimeout(() => bar.remove(), 5000);
  place('notices').append(bar);
}

export const failed = error => notice(error.hint ? `${error.message} ${error.hint}` : error.message, {bad: true});

const current = (view, own) => view === own ? html`aria-current="page"` : '';

function tree(project, view) {
  const {name, gym, model, solver, runs} = project;
  return html`<h3>${name}</h3>
    ${gym && html`<a href="${pageOf(name, '/gym')}" data-dblclick="gym" ${current(view, 'gym')}>${icon('gym')}<span>${gym.type}<small>gym${gym.text && ` · ${gym.text}`}</small></span></a>`}
    <a href="${pageOf(name, '/model')}" ${current(view, 'model')}>${icon('model')}<span>${model.name}<small>model · ${counted(model.layers, 'layer')}</small></span></a>
    <a href="${pageOf(name, '/solver')}" ${current(view, 'solver')}>${icon('solver')}<span>${solver.type}<small>solver${solver.trainer && ` · ${solver.trainer}`}</small></span></a>
    <h3>Runs</h3>
    ${runs.length ? runs.slice(0, 30).map(run => html`<a href="${pageOfRun(name, run.id)}" ${current(view, `run ${run.id}`)}>${icon('runs')}<span>${runName(run, project)}<small data-line="${run.id}">${!isLive(run) && runLine(run)}</small></span>${dot(run)}</a>`)
      : html`<p class="none">Not trained yet.</p>`}
    ${runs.length > 0 && html`<a class="plain" href="${pageOf(name, '/runs')}" ${current(view, 'runs')}>${icon('plus')}<span>${runs.length > 1 ? 'Compare runs' : 'All runs'}</span></a>`}`;
}

// How far runs have come, which is said once a second: written into its place, so that the tree is not painted for it.
function writeLines({runs}) {
  for (const at of place('side').querySelectorAll('[data-line]')) {
    const run = runs.find(one => one.id === at.dataset.line);
    if (run && isLive(run) && at.textContent !== runLine(run)) at.textContent = runLine(run);
  }
}

const dot = run => isLive(run) ? html`<span class="dot running pulse" title="training"></span>`
  : ['failed', 'diverged', 'lost'].includes(run.state) ? html`<span class="dot ${run.state}" title="${stateOf(run.state)}"></span>` : html`<span></span>`;

// "003", or "NET/003" where the project has runs of several nets.
export const runName = (run, project) => project.runs.every(other => other.net === run.net) ? run.number : run.id;

function tabs(project, view) {
  const newest = project.runs[0];
  const entries = [
    ['gym', 'gym', 'Gym', pageOf(project.name, '/gym')], ['model', 'model', 'Model', pageOf(project.name, '/model')],
    ['solver', 'solver', 'Solver', pageOf(project.name, '/solver')],
    ['run', 'play', 'Train', newest ? pageOfRun(project.name, newest.id) : pageOf(project.name, '/runs')],
    ['runs', 'runs', 'Runs', pageOf(project.name, '/runs')],
  ];
  return entries.map(([key, name, text, url]) => html`<a href="${url}" ${current(view.split(' ')[0], key)}>${icon(name)}${text}</a>`);
}
