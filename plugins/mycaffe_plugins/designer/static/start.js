// The first page: the projects of the folder as cards, the newest first.
import {get, pageOf, throttled} from './api.js';
import {icon} from './icons.js';
import {bindKeys} from './keys.js';
import {openNewProject} from './new_project.js';
import {spark} from './pictures.js';
import {failed, shell} from './shell.js';
import {html, listen, paint, store} from './store.js';
import {subscribe} from './stream.js';
import {ago, counted, isLive, stateOf, whole} from './words.js';

const BAD = ['failed', 'diverged'];

export async function open(ctx) {
  const page = store({projects: null, live: new Map()});
  const load = async () => {
    const {projects} = await get('/api/projects');
    if (ctx.current()) page.set({projects: newestFirst(projects)});
  };
  const again = throttled(2000, () => { if (!document.hidden) load().catch(() => {}); }); // a server that is gone is said by the shell
  const create = () => openNewProject(ctx, page.get().projects ?? []);
  await load();
  if (!ctx.current()) return;
  ctx.onClose(
    page.view(s => [s.projects], ([projects]) => ctx.top({
      view: '', title: 'Projects', crumb: html`<b>Projects</b>`,
      actions: projects.length > 0 && html`<button type="button" class="btn primary" data-do="new-project" data-key="new-project" title="N">${icon('plus')}New project</button>`,
    })),
    page.view(s => [s.projects, s.live], ([projects, live]) => paint(ctx.place, view(projects, live))),
    listen(ctx.place, {'new-project': create}),
    listen(document.getElementById('top'), {'new-project': create}),
    bindKeys({n: ['New project', create]}),
    subscribe('run', run => {
      const card = page.get().projects?.find(one => one.name === run.project);
      const live = new Map(page.get().live);
      if (isLive(run)) live.set(run.project, run); else live.delete(run.project);
      page.set({live});
      if (!card || card.state !== run.state || isLive(run)) again();
    }),
    subscribe('again', again),
  );
  const seen = () => { if (!document.hidden) again(); };
  document.addEventListener('visibilitychange', seen);
  ctx.onClose(() => document.removeEventListener('visibilitychange', seen));
  if (ctx.query.has('new')) create();
}

// Those that are training, then by the time of the last run; folders that say no time at the end.
const newestFirst = projects => [...projects].sort((a, b) => isLive(b) - isLive(a)
  || (Date.parse(b.last) || 0) - (Date.parse(a.last) || 0) || a.name.localeCompare(b.name));

function view(projects, live) {
  if (!projects.length) {
    return html`<div class="scroll"><div class="empty"><p>No projects here yet. A project is a folder with a model, a solver and its runs.</p>
      <button type="button" class="btn primary" data-do="new-project" data-key="new-project-here">${icon('plus')}New project</button></div></div>`;
  }
  return html`<div class="scroll"><div class="start"><h1>Projects</h1><p class="muted">Folders below <span class="mono">${shell.get().about?.folder ?? ''}</span></p>
    <ul class="projects">${projects.map(one => html`<li>${card(one, live.get(one.name))}</li>`)}</ul></div></div>`;
}

function card(project, run) {
  const {name, model, gym, solver, data, runs, problem} = project;
  const facts = problem ? problem : [model, gym ?? data ?? solver, counted(runs, 'run')].filter(Boolean).join(' · ');
  return html`<a class="proj ${problem && 'broken'}" href="${pageOf(name)}"><div class="pic">${project.spark
    ? spark([project.spark.target, project.spark.prediction]) : icon(problem ? 'warn' : 'model')}</div>
    <div class="about"><div class="title"><h2 title="${name}">${name}</h2>${pill(project, run)}</div><p class="small ${problem ? 'wrong' : 'muted'}">${facts}</p></div></a>`;
}

function pill({state, last, problem, runs}, run) {
  if (problem) return html`<span class="pill bad">problem</span>`;
  if (run || isLive({state})) {
    const how = run?.iteration ? `${whole(run.iteration)} / ${whole(run.max_iter)}` : stateOf(run?.state ?? state);
    return html`<span class="pill running"><span class="dot pulse"></span><span class="num">${how}</span></span>`;
  }
  if (BAD.includes(state)) return html`<span class="pill bad">${stateOf(state)}</span>`;
  if (state === 'lost') return html`<span class="pill warn">lost</span>`;
  return html`<span class="pill">${runs ? ago(last) : 'not trained'}</span>`;
}
