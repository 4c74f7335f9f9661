// A run: its progress, figures, the gym live, curves, files; a failed or lost one says what to do next.
import {ApiError, ofRun, post, throttled} from './api.js';
import {Curves} from './curves.js';
import {liveBox} from './gym_view.js';
import {icon} from './icons.js';
import {bindKeys} from './keys.js';
import {notesPanel} from './notes.js';
import {RunData} from './run_data.js';
import {RunFiles} from './run_files.js';
import {trouble} from './run_trouble.js';
import {crumbOf, failed, runName, say} from './shell.js';
import {askStart, startActions, startRun, wireStart} from './start_run.js';
import {html, listen, paint} from './store.js';
import {drawTiles, tilesOf} from './tiles.js';
import {isLive, stateOf, whole} from './words.js';

export async function open(ctx) {
  const page = new RunPage(ctx);
  ctx.onClose(() => page.close());
  await page.open();
}

class RunPage {
  constructor(ctx) {
    const {project, params: {run: id}, query} = ctx;
    const smooth = Number(query.get('smooth') ?? 50);
    Object.assign(this, {ctx, project, id, ends: [], asked: null, showsOutput: false, closed: false});
    this.settings = {
      smooth: Number.isInteger(smooth) && smooth >= 0 && smooth <= 500 ? smooth : 50,
      scales: Object.fromEntries((query.get('scale') ?? '').split(',').filter(Boolean).map(one => one.split(/:(?=[^:]*$)/))),
    };
    // Rows come five times a second: figures and curves of a whole training need not move as often.
    const figures = throttled(500, () => this.figures()), curves = throttled(500, () => !this.closed && this.curves?.update());
    const files = throttled(1000, () => !this.closed && this.files?.update());
    this.data = new RunData(project.name, id, what => {
      if (this.closed || !this.data.loaded) return;
      if (what === 'run') { this.top(); this.head(); this.words(); this.notes?.update(this.data.run.notes ?? {}); files(); }
      if (what !== 'run' || !this.data.series.iteration.length) curves();
      figures();
    });
    // A page that cannot be seen is not drawn.
    const shown = () => { if (!document.hidden) figures(); };
    document.addEventListener('visibilitychange', shown);
    this.ends.push(() => document.removeEventListener('visibilitychange', shown));
  }

  async open() {
    const {ctx} = this;
    paint(ctx.place, html`<p class="waiting">Reading the run.</p>`);
    try {
      await this.data.load();
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      ctx.top({view: 'runs', title: 'Run', actions: startActions(this.project)});
      paint(ctx.place, html`<div class="empty"><p>There is no run ${this.id} here. Its folder may have been removed.</p>
        <a class="btn" href="/p/${encodeURIComponent(this.project.name)}/runs">All runs</a></div>`);
      return;
    }
    if (this.closed) return;
    paint(ctx.place, html`<div class="scroll run-page"><div class="head"></div>
      <div class="progress" role="progressbar" aria-label="Training" aria-valuemin="0" aria-valuemax="100"><i></i></div>
      <div class="words"></div><div class="notes-at" hidden></div><div class="tiles"></div><div class="live-at"></div>
      <div class="curves two"></div><div class="more-at"></div></div>`);
    this.part = name => ctx.place.querySelector(name);
    wireStart(ctx);
    const actions = {
      stop: () => this.ask('stop'), snapshot: () => this.ask('snapshot'), notes: () => this.toggleNotes(),
      resume: () => startRun(this.project, ctx.go, {resume: this.id}),
      'go-on': () => askStart(this.project, ctx.go, {from: `resume ${this.id}`}),
      output: () => { this.showsOutput = !this.showsOutput; this.words(); },
    };
    this.ends.push(listen(ctx.place, actions), listen(document.getElementById('top'), {stop: actions.stop}), bindKeys({
      // Charts hear these themselves; here they are told of.
      ArrowLeft: ['', () => false], ArrowRight: ['In a chart: move the cursor', () => false],
      'shift+ArrowRight': ['In a chart: select', () => false], Enter: ['In a chart: zoom to what is selected', () => false],
      Escape: ['In a chart: all of it, following', () => false],
    }));
    this.notes = notesPanel(this.part('.notes-at'), this.project.name, this.id, this.data.run.notes ?? {text: '', etag: null}, notes => { this.data.run.notes = notes; this.head(); });
    if (this.hasGym) this.ends.push(liveBox(this.part('.live-at'), this.project.name, this.id));
    this.curves = new Curves(this.part('.curves'), this.data, this.settings, settings => this.keep(settings));
    this.files = new RunFiles(this.part('.more-at'), this.data);
    this.top();
    this.head();
    this.words();
    this.figures();
  }

  // A net without a trainer has nothing to follow; a run that is only starting does not say yet.
  get hasGym() {
    const {run} = this.data;
    return Boolean(run.trainer || run.gym || (run.state === 'starting' && this.project.gym));
  }

  keep({smooth, scales}) {
    this.settings = {smooth, scales};
    this.ctx.setQuery({smooth: smooth === 50 ? null : smooth, scale: Object.entries(scales).map(pair => pair.join(':')).join(',')});
  }

  get name() { return runName(this.data.run, this.project); }

  top() {
    const {run} = this.data, live = isLive(run);
    const asked = live && this.asked === 'stop';
    if (!live) this.asked = null;
    const says = [run.state, asked, this.name].join();
    if (says === this.says) return;
    this.says = says;
    // The count is written into its place: a bar that is painted four times a second can't be clicked or read.
    const pill = live ? html`<span class="pill run num"><span class="dot pulse"></span><span data-count></span></span>`
      : html`<span class="pill ${run.state} hide-s">${stateOf(run.state)}</span>`;
    const actions = live ? html`${pill}<button class="btn stop" data-do="stop" data-key="stop" ${(asked || run.state === 'starting') && 'disabled'}
      title="With a snapshot, so that it can be resumed">${icon('stop')}${asked ? 'Stopping' : 'Stop'}</button>` :
        html`${pill}${startActions(this.project)}`;
    this.ctx.top({view: `run ${this.id}`, title: `Run ${this.name}`, crumb: crumbOf(this.project, `Run ${this.name}`), actions});
    requestAnimationFrame(() => this.count()); // after the bar is painted
    this.title();
  }

  title() {
    const {run} = this.data;
    if (!isLive(run) || !run.max_iter) return;
    const title = `● ${Math.floor(100 * (run.iteration ?? 0) / run.max_iter)} % · ${this.project.name}`;
    if (document.title !== title) document.title = title;
  }

  count() {
    const {run} = this.data, at = document.querySelector('#top [data-count]');
    if (!at || this.closed) return;
    const text = run.state === 'starting' || !run.max_iter ? stateOf(run.state) : `${whole(run.iteration ?? 0)} / ${whole(run.max_iter)}`;
    if (at.textContent !== text) at.textContent = text;
  }

  head() {
    if (!this.part) return;
    const {run} = this.data, live = run.state === 'running';
    const title = run.gym ? `${run.gym} gym` : run.net;
    const solver = run.settings?.['solver.type'] ?? this.project.solver.type;
    const about = [run.net, solver, run.seed == null ? null : `seed ${run.seed}`, device(run.device)].filter(Boolean);
    const open = !this.part('.notes-at').hidden;
    const goesOn = !live && run.state !== 'starting' && run.snapshots?.length > 0;
    const finished = run.state === 'done';
    paint(this.part('.head'), html`<h1>${title}</h1><span class="muted small about">${about.join(' · ')}</span><div class="grow"></div>
      ${goesOn && html`<button class="btn" data-do="${finished ? 'go-on' : 'resume'}" data-key="resume"
        title="A new run goes on where this one ended">${icon('play')}${finished ? 'Go on' : 'Resume'}</button>`}
      ${live && html`<button class="btn label-s" data-do="snapshot" data-key="snapshot"
        title="Write weights and state now">${icon('snap')}<span>Snapshot</span></button>`}
      <button class="btn label-s" data-do="notes" data-key="notes" aria-expanded="${open}"
        aria-pressed="${open}">${icon('note')}<span>Notes</span>${this.notes?.has() && html`<span class="dot"
        title="There are notes"></span>`}</button>`);
  }

  // What moves: progress, tiles.
  figures() {
    if (this.closed || !this.part || document.hidden) return;
    const {run, series, tests} = this.data;
    const share = run.max_iter ? Math.min(1, (run.iteration ?? 0) / run.max_iter) : 0;
    const bar = this.part('.progress');
    bar.firstElementChild.style.width = `${(100 * share).toFixed(2)}%`;
    bar.setAttribute('aria-valuenow', Math.floor(100 * share));
    bar.setAttribute('aria-valuetext', `${whole(run.iteration ?? 0)} of ${whole(run.max_iter ?? 0)} updates`);
    bar.classList.toggle('ended', !isLive(run));
    drawTiles(this.part('.tiles'), tilesOf(run, series, tests));
    this.count();
    this.title();
  }

  words() {
    const {run: known, gone} = this.data;
    const run = gone ? {...known, state: 'lost', snapshots: [], message: 'The folder of this run is no longer there.'} : known;
    paint(this.part('.words'), trouble(run, this.project, {
      asked: this.asked, output: this.showsOutput, notANumber: this.lastNumber(),
    }));
  }

  // The update since which the loss is no number.
  lastNumber() {
    const {series} = this.data, loss = series.columns.get('loss')?.mean ?? [];
    let at = loss.length - 1;
    while (at >= 0 && loss[at] == null) at--;
    return loss.length && at < loss.length - 1 ? (series.iteration[at] ?? 0) + 1 : null;
  }

  async ask(what) {
    try {
      await post(ofRun(this.project.name, this.id, '/ask'), {what});
      if (what === 'stop') { this.asked = 'stop'; this.top(); this.words(); }
      say(what === 'stop' ? 'Stopping after this update, with a snapshot' : 'A snapshot is being written');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      failed(error);
      this.data.again();
    }
  }

  toggleNotes() {
    const at = this.part('.notes-at');
    at.hidden = !at.hidden;
    this.head();
    if (!at.hidden) this.notes.focus();
  }

  close() {
    this.closed = true;
    this.ends.forEach(end => end());
    this.notes?.close();
    this.curves?.close();
    this.files?.close();
    this.data.close();
  }
}

function device(value) {
  const name = typeof value === 'object' && value ? value.name : value;
  return !name ? null : /^cpu$/i.test(name) ? 'CPU' : /^gpu/i.test(name) ? name.toUpperCase() : name;
}

