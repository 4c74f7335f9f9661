// Below a run's curves: test its frozen weights, forecast, explain; its files, snapshots, settings.
import {ApiError, get, ofRun, post} from './api.js';
import {icon} from './icons.js';
import {html, listen, paint} from './store.js';
import {subscribe} from './stream.js';
import {figure, isLive, nameOf, whole} from './words.js';

const JOBS = {
  test: {
    title: 'Test frozen weights', label: 'Test', doc: 'The weights stay as they are, so this says what was learned.',
    field: ['iterations', 'Updates', 50, 1_000_000],
  },
  forecast: {
    title: 'Forecast', label: 'Forecast', doc: 'The net goes on from the end of the data, fed with what it predicts.',
    field: ['steps', 'Steps', 100, 100_000],
  },
  explain: {title: 'Explain', label: 'Explain', doc: 'Pictures of what a layer looks at and keeps.', field: ['layer', 'Layer', '', null]},
};
const NOTHING = {job: null, error: '', problem: null, figures: {}, files: [], output: ''};
const FORGOTTEN = {state: 'failed', problem: {message: 'The Designer has been restarted since.'}};
const running = new Map(); // "PROJECT/NET/003 test" -> job; they go on while the user looks elsewhere

const size = bytes => bytes < 1000 ? `${bytes} B` : bytes < 1e6 ? `${figure(bytes / 1000)} kB`
  : bytes < 1e9 ? `${figure(bytes / 1e6)} MB` : `${figure(bytes / 1e9)} GB`;

export class RunFiles {
  constructor(place, data) {
    Object.assign(this, {place, data, closed: false, settings: false});
    paint(place, html`<div class="jobs three"></div><div class="two">
      <section class="box" aria-label="Files"><header><h2>Files</h2></header><div class="files"></div></section>
      <section class="box" aria-label="Settings"><header><h2>Settings</h2></header><div class="settings"></div></section></div>`);
    const part = name => place.querySelector(name);
    this.parts = {jobs: part('.jobs'), files: part('.files'), settings: part('.settings')};
    this.ends = [
      listen(place, {
        job: (form, event) => { event.preventDefault(); this.start(form); },
        output: button => { const job = this.job(button.dataset.kind); job.open = !job.open; this.jobs(); },
        settings: () => { this.settings = !this.settings; this.update(); },
        copy: button => navigator.clipboard?.writeText(button.dataset.text),
      }),
      subscribe('job', job => this.heard(job)),
    ];
    for (const kind of Object.keys(JOBS)) if (this.job(kind)?.state === 'running' && this.job(kind).job) this.poll(kind, this.job(kind).job);
    this.update();
  }

  job(kind) { return running.get(`${this.data.key} ${kind}`); }
  setJob(kind, job) {
    running.set(`${this.data.key} ${kind}`, {...this.job(kind), ...job});
    if (!this.closed) this.jobs();
  }

  update() {
    const {run, project, id} = this.data;
    const files = run.files ?? [], settings = Object.entries(run.settings ?? {});
    const url = name => ofRun(project, id, `/files/${encodeURIComponent(name)}`);
    const own = new Map((run.snapshots ?? []).flatMap(one => [one.weights, one.state].filter(Boolean).map(path => [path.split(/[\\/]/).at(-1), one.iteration])));
    paint(this.parts.files, files.length ? html`<div class="wide"><table class="plain tight"><tbody>${files.map(({name, size: bytes}) => html`<tr>
      <td><a href="${url(name)}" download>${name}</a>${own.has(name) &&
        html` <span class="muted tiny">update ${whole(own.get(name))}</span>`}</td><td class="n muted">${size(bytes)}</td></tr>`)}</tbody></table></div>`
      : html`<p class="muted small">No files yet.</p>`);
    const shown = this.settings ? settings : settings.filter(([path]) => path.startsWith('solver.') || path === 'seed' || path === 'device');
    paint(this.parts.settings, html`${settings.length ? html`<div class="wide"><table class="plain tight"><tbody>${shown.map(([path, value]) =>
      html`<tr><td>${path}</td><td class="mono wrap">${value}</td></tr>`)}</tbody></table></div>`
      : html`<p class="muted small">This run has written no settings.</p>`}
      ${(this.settings || shown.length < settings.length) && html`<button class="more" data-do="settings"
        data-key="settings">${this.settings ? 'Show fewer' : `Show all ${settings.length}, the net's as well`}</button>`}
      ${run.command?.length > 0 &&
        html`<p class="muted tiny">The same in a terminal</p><div class="command"><span class="grow">${commandLine(run.command)}</span>
        <button class="btn icon" data-do="copy" data-key="copy" data-text="${commandLine(run.command)}" aria-label="Copy the command"
          title="Copy">${icon('copy')}</button></div>`}`);
    this.jobs();
  }

  jobs() {
    const {run} = this.data;
    const weights = (run.files ?? []).some(({name}) => /^(best|last)\.caffemodel$/.test(name));
    const fit = kind => kind !== 'forecast' || run.trainer || run.gym;
    const why = weights ? '' : isLive(run) ? 'Weights are there after the first snapshot.' : 'This run has left no weights.';
    paint(this.parts.jobs, html`${Object.entries(JOBS).filter(([kind]) => fit(kind)).map(([kind, one]) => {
      const job = this.job(kind), busy = job?.state === 'running';
      return html`<section class="box job"
        aria-label="${one.title}"><header><h2>${one.title}</h2></header><p class="muted small">${why || one.doc}</p>
        <form data-submit="job" data-kind="${kind}">${one.field &&
          html`<label class="small" for="job-${kind}">${one.field[1]}</label><input class="in" id="job-${kind}" data-live
          name="${one.field[0]}" ${one.field[3] ? html`inputmode="numeric"` :
            html`placeholder="the only one"`} value="${job?.asked ?? one.field[2]}">`}
          <button class="btn" data-key="start ${kind}" ${(busy || why) && 'disabled'}>${busy ? 'Working' : one.label}</button></form>
        ${job?.error && html`<p class="err">${job.error}</p>`}${job && this.result(kind, job)}</section>`;
    })}`);
  }

  result(kind, job) {
    const {project, id} = this.data;
    const url = name => ofRun(project, id, `/files/${encodeURIComponent(name)}`);
    const figures = Object.entries(job.figures ?? {}).filter(([, value]) => typeof value === 'number');
    const pictures = (job.files ?? []).filter(name => /\.png$/i.test(name)), others = (job.files ?? []).filter(name => !/\.png$/i.test(name));
    return html`${job.state === 'failed' && html`<p class="err">${job.problem?.message || 'It ended with an error.'}</p>${job.problem?.hint &&
      html`<p class="muted small">${job.problem.hint}</p>`}`}
      ${figures.length > 0 && html`<dl class="figures">${figures.map(([name, value]) =>
        html`<dt>${name === 'iterations' ? 'Updates' : nameOf(name)}</dt><dd class="mono">${figure(value, 3)}</dd>`)}</dl>`}
      ${pictures.map(name =>
        html`<a href="${url(name)}?inline=1" target="_blank" rel="noopener"><img src="${url(name)}?inline=1&amp;at=${job.job}" alt="${name}" loading="lazy"></a>`)}
      ${others.map(name => html`<p class="small"><a href="${url(name)}" download>${name}</a></p>`)}
      ${job.output && html`<button class="link small" data-do="output" data-kind="${kind}" data-key="output ${kind}"
        aria-expanded="${Boolean(job.open)}">${job.open ? 'Hide the output' : 'Show the output'}</button>
        ${job.open && html`<pre class="output" tabindex="0">${job.output}</pre>`}`}`;
  }

  async start(form) {
    const {kind} = form.dataset, {field} = JOBS[kind], {project, id} = this.data;
    const body = {};
    if (kind === 'explain') {
      const layer = form.elements.layer.value.trim();
      if (layer) body.layer = layer;
    } else if (field) {
      const [name, label, , most] = field, number = Number(form.elements[name].value.replace(/[\s,_]/g, ''));
      if (!Number.isInteger(number) || number < 1 || number > most) {
        return this.setJob(kind, {...NOTHING, state: 'failed', error: `${label}: a whole number from 1 to ${whole(most)}.`, asked: form.elements[name].value});
      }
      body[name] = number;
    }
    this.setJob(kind, {...NOTHING, state: 'running', asked: body[field[0]]});
    try {
      const {job} = await post(ofRun(project, id, `/${kind}`), body);
      this.setJob(kind, {job});
      this.poll(kind, job);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.setJob(kind, {state: 'failed', error: error.hint ? `${error.message} ${error.hint}` : error.message});
    }
  }

  heard(job) {
    for (const kind of Object.keys(JOBS)) if (this.job(kind)?.job === job.job) this.done(kind, job);
  }

  // Its end is an event; asking now and then finds it too where the event was missed.
  async poll(kind, id) {
    for (let wait = 500; !this.closed && this.job(kind)?.job === id && this.job(kind).state === 'running'; wait = Math.min(5000, wait * 1.5)) {
      await new Promise(done => setTimeout(done, wait));
      const job = await get(`/api/jobs/${encodeURIComponent(id)}`).catch(error => error.status === 404 ? FORGOTTEN : null);
      if (job && job.state !== 'running' && this.job(kind)?.job === id) this.done(kind, job);
    }
  }

  done(kind, job) {
    if (this.job(kind).state !== 'running' && job.state === this.job(kind).state) return;
    this.setJob(kind, job);
    if (job.state === 'done' && !this.closed) this.data.again(); // its files
  }

  close() { this.closed = true; this.ends.forEach(end => end()); }
}

// As one types it: words with blanks and the like in quotes.
export const commandLine = words => words.map(word => /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`).join(' ');
