// The New project dialog: name, dataset (a gym, a database, or what the model brings), model and solver that fit it.
import {ApiError, delayed, get, post} from './api.js';
import {openDialog} from './dialog.js';
import {formState, keyOf, sentence, wireFields} from './fields.js';
import {gymForm, gymPicture} from './gym_form.js';
import {icon} from './icons.js';
import {checkName, freeName} from './names.js';
import {spark} from './pictures.js';
import {failed, shell} from './shell.js';
import {html, listen, paint, store} from './store.js';
import {counted} from './words.js';

const SOURCES = [['gym', 'Gyms'], ['database', 'Database'], ['model', 'From the model']];
let known = null; // answer of /api/templates

export async function openNewProject(ctx, projects) {
  if (document.querySelector('dialog[open]')) return;
  try {
    known ??= await get('/api/templates');
  } catch (error) {
    failed(error);
    return;
  }
  new NewProject(ctx, projects);
}

class NewProject {
  constructor(ctx, projects) {
    this.ctx = ctx;
    this.taken = projects.map(one => one.name);
    this.form = formState();
    const gym = known.gyms[0];
    this.page = store({
      name: '', typed: false, source: gym ? 'gym' : 'model', gym: gym?.type ?? null, settings: {}, database: '',
      model: null, solver: null, errors: {}, preview: null, busy: false, draw: 0,
    });
    this.choose({});
    this.window = openDialog({title: 'New project', name: 'new-project', submit: () => this.create(), closed: () => this.end()});
    this.ask = delayed(250, () => this.preview());
    this.turn = 0;
    this.start();
  }

  get state() { return this.page.get(); }
  get gym() { return known.gyms.find(one => one.type === this.state.gym); }
  get set() { return this.state.settings[this.state.gym] ?? {}; }

  start() {
    const {body, footer, dialog} = this.window, places = {};
    paint(body, html`<div class="field" data-part="name"></div><div data-part="data"></div><div class="cols" data-part="nets"></div>`);
    for (const at of body.querySelectorAll('[data-part]')) places[at.dataset.part] = at;
    const views = [
      this.page.view(s => [s.name, s.errors], () => paint(places.name, this.nameView())),
      this.page.view(s => [s.source, s.gym, s.database, s.settings, s.errors, s.preview, s.draw], () => this.drawData(places.data)),
      this.page.view(s => [s.model, s.solver, s.source, s.gym, s.errors], () => paint(places.nets, this.netsView())),
      this.page.view(s => [s.name, s.busy, s.errors], () => paint(footer, this.footerView())),
    ];
    const setting = (path, text) => this.setting(path, text);
    this.wired = wireFields(places.data, {
      set: setting, unset: path => setting(path, ''), state: this.form, redraw: () => this.page.set(s => ({draw: s.draw + 1})),
    });
    this.end = () => { views.forEach(end => end()); this.wired.end(); };
    listen(dialog, this.actions());
    places.data.addEventListener('keydown', event => this.keys(event));
    this.ask();
    const name = body.querySelector('#new-name');
    name.focus();
    name.select();
  }

  actions() {
    const without = (...keys) => Object.fromEntries(Object.entries(this.state.errors).filter(([key]) => !keys.includes(key)));
    return {
      name: at => this.page.set({name: at.value, typed: true, errors: {...without('name', ''), ...this.nameError(at.value, true)}}),
      source: at => this.choose({source: at.dataset.value}),
      gym: at => this.choose({gym: at.dataset.value}),
      database: at => this.page.set({database: at.value, errors: without('database', '')}),
      model: at => this.choose({model: at.value}),
      solver: at => this.page.set({solver: at.value, errors: without('solver', '')}),
    };
  }

  // Take choices over, and put others right that no longer fit: model to gym, solver to model.
  choose(changes) {
    const now = {...this.state, ...changes};
    const gym = now.source === 'gym' ? known.gyms.find(one => one.type === now.gym) : null;
    const fresh = changes.gym !== undefined || changes.source !== undefined || now.model === null;
    const models = modelsFor(now), model = (!fresh && models.find(one => one.name === now.model))
      || models.find(one => one.name === gym?.model) || models[0] || null;
    const solvers = solversFor(model, now);
    const solver = (!fresh && changes.model === undefined && solvers.find(one => one.name === now.solver))
      || solvers.find(one => one.name === gym?.solver) || solvers[0] || null;
    if (!now.typed) now.name = freeName(gym ? `${gym.type}Net` : model?.name ?? 'Net', this.taken);
    if (changes.gym !== undefined) this.form.forget();
    this.page.set({...now, model: model?.name ?? null, solver: solver?.name ?? null, errors: {}, preview: fresh ? null : now.preview});
    if (fresh && this.window) this.ask();
  }

  setting(path, text) {
    const key = keyOf(path), {settings, gym, errors} = this.state, mine = {...this.set};
    if (text.trim() === '') delete mine[key]; else mine[key] = text.trim();
    this.page.set({settings: {...settings, [gym]: mine}, errors: Object.fromEntries(Object.entries(errors).filter(([other]) => other !== `gym.${key}`))});
    this.ask();
  }

  async preview() {
    const turn = ++this.turn, {source, gym} = this.state;
    if (source !== 'gym' || !this.window.dialog.open) return;
    // A file that is still to be named is no mistake yet; the picture says that it waits for it.
    const file = this.gym.needs_file && this.gym.fields.find(one => one.file);
    if (file && !this.set[file.path]) {
      this.page.set({preview: {error: `The picture appears once ${file.name} is given.`}});
      return;
    }
    // Read when the answer is there: a mistake that was mended meanwhile stays mended.
    const others = () => Object.fromEntries(Object.entries(this.state.errors).filter(([key]) => !key.startsWith('gym')));
    try {
      const preview = await post('/api/templates/preview', {gym: {type: gym, settings: this.set}});
      if (turn === this.turn) this.page.set({preview, errors: others()});
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (turn === this.turn) this.page.set({preview: {error: error.message}, errors: {...others(), ...error.errors}});
    }
  }

  nameError(name, typing = false) {
    const words = typing && !name ? '' : checkName(name, this.taken);
    return words ? {name: words} : {};
  }

  async create() {
    if (this.state.busy) return;
    await this.wired.flush();
    const {name, source, gym, database, model, solver} = this.state, errors = this.nameError(name);
    if (source === 'database' && !database.trim()) errors.database = 'A folder or file of the database is needed.';
    if (!model) errors.model = 'There is no model for this dataset.';
    if (Object.keys(errors).length) { this.page.set({errors}); this.focusError(); return; }
    this.page.set({busy: true, errors: {}});
    try {
      const {url} = await post('/api/projects', {
        name, model, solver, gym: source === 'gym' ? {type: gym, settings: this.set} : null,
        database: source === 'database' || (source === 'model' && database.trim()) ? {path: database.trim()} : null,
      });
      this.window.close();
      await this.ctx.go(url);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const found = Object.keys(error.errors).length ? error.errors : {'': error.hint ? `${error.message} ${error.hint}` : error.message};
      this.page.set({busy: false, errors: found});
      this.focusError();
    }
  }

  focusError() { requestAnimationFrame(() => requestAnimationFrame(() => this.window.dialog.querySelector('[aria-invalid=true]')?.focus())); }

  keys(event) {
    const at = event.target.closest?.('[role=listbox], [role=radiogroup]');
    if (!at) return;
    if (event.key === 'Enter' && at.getAttribute('role') === 'listbox') { event.preventDefault(); this.create(); return; }
    const way = {ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, Home: -99, End: 99}[event.key];
    if (!way) return;
    event.preventDefault();
    const values = at.getAttribute('role') === 'listbox' ? known.gyms.map(one => one.type) : SOURCES.map(([key]) => key);
    const what = at.getAttribute('role') === 'listbox' ? 'gym' : 'source';
    const next = values[Math.max(0, Math.min(values.length - 1, values.indexOf(this.state[what]) + way))];
    if (next !== this.state[what]) this.choose({[what]: next});
    requestAnimationFrame(() => this.window.dialog.querySelector(`[data-key="${what} ${CSS.escape(next)}"]`)?.focus());
  }

  // ---- What it looks like ----

  nameView() {
    const {name, errors} = this.state;
    return html`<label for="new-name">Name</label><input class="in name" id="new-name" data-input="name" data-key="new-name" value="${name}" maxlength="200"
      autocomplete="off" autocapitalize="off" spellcheck="false" ${wrong(errors.name, 'new-name-err')}>${errorLine('new-name-err', errors.name)}`;
  }

  drawData(place) {
    const list = place.querySelector('.settings'), top = list?.scrollTop ?? 0;
    paint(place, this.dataView());
    const now = place.querySelector('.settings');
    if (now) now.scrollTop = top;
  }

  dataView() {
    const {source} = this.state;
    return html`<div class="data-head"><span class="lbl" id="new-data">Dataset</span><div class="seg" role="radiogroup" aria-labelledby="new-data">
      ${SOURCES.map(([key, text]) => html`<button type="button" role="radio" aria-checked="${String(source === key)}" tabindex="${source === key ? 0 : -1}"
        data-do="source" data-value="${key}" data-key="source ${key}">${text}</button>`)}</div></div>
      ${source === 'gym' ? this.gymView() : this.databaseView(source)}`;
  }

  gymView() {
    const {gym: chosen, errors, preview} = this.state, gym = this.gym;
    if (!gym) return html`<p class="muted">No gyms are installed.</p>`;
    const fields = Object.fromEntries(Object.entries(this.set).map(([key, text]) => [key, {text}]));
    const found = new Map(Object.entries(errors).filter(([key]) => key.startsWith('gym.')).map(([key, text]) => [key.slice(4), text]));
    return html`<div class="pick"><ul role="listbox" aria-label="Gyms">${known.gyms.map(one => html`<li role="option" aria-selected="${String(one.type === chosen)}"
      tabindex="${one.type === chosen ? 0 : -1}" data-do="gym" data-value="${one.type}" data-key="gym ${one.type}"><span class="pic">${one.spark ? spark([one.spark]) : icon('table')}</span>
      <div><b>${one.type}</b><p>${one.doc}</p></div></li>`)}</ul>
      <div class="settings"><h3>Settings of ${gym.type}<small>${preview?.x_name}</small></h3><div class="preview">${preview?.x ? gymPicture(gym.type, preview, {bare: true})
        : html`<p class="small muted">${preview?.error ?? ''}</p>`}</div>${errorLine('new-gym-err', errors.gym)}
      ${gymForm({gym, fields, errors: found, state: this.form, form: 'new'})}</div></div>`;
  }

  databaseView(source) {
    const {database, errors} = this.state, model = known.models.find(one => one.name === this.state.model);
    if (source === 'model' && !model?.database) {
      return html`<p class="plain-data small muted">The model's own data layers say where its data comes from. They can be edited once the project is there.</p>`;
    }
    return html`<div class="plain-data field"><label for="new-database">Database${source === 'model' ? ', if not the one that the model names' : ''}</label>
      <input class="in mono" id="new-database" data-input="database" data-key="new-database" value="${database}" placeholder="data/train_lmdb" autocomplete="off"
        autocapitalize="off" spellcheck="false" ${wrong(errors.database, 'new-database-err', 'new-database-doc')}>
      ${errorLine('new-database-err', errors.database)}
      <p class="doc" id="new-database-doc">A database of images, as <span class="mono">mycaffe convert-imageset</span> makes it. The data layers of the model will read it.</p></div>`;
  }

  netsView() {
    const models = modelsFor(this.state), model = models.find(one => one.name === this.state.model), solvers = solversFor(model, this.state);
    const solver = solvers.find(one => one.name === this.state.solver), {errors} = this.state;
    return html`${pick('model', 'Model', models, model, errors.model, model && [counted(model.layers, 'layer'), model.weights && counted(model.weights, 'weight')])}
      ${pick('solver', 'Solver', solvers, solver, errors.solver, solver && [solver.type])}`;
  }

  footerView() {
    const {name, busy, errors} = this.state, {folder = ''} = shell.get().about ?? {};
    return html`<span class="where small muted grow" title="${folder}/${name}">${errors['']
      ? html`<span class="err" role="alert">${icon('warn')}<span>${errors['']}</span></span>`
      : html`${icon('folder')}<span class="mono">${folder}/${name.trim() || '…'}</span>`}</span>
      <button type="button" class="btn hide-s" data-close data-key="new-cancel">Cancel</button>
      <button class="btn primary" data-key="new-create" ${busy && html`disabled`}>${busy ? 'Creating…' : 'Create project'}</button>`;
  }
}

const wrong = (words, id, doc = '') => words ? html`aria-invalid="true" aria-describedby="${id} ${doc}"` : doc && html`aria-describedby="${doc}"`;
const errorLine = (id, words) => words && html`<p class="err" id="${id}">${icon('warn')}<span>${words}</span></p>`;

function pick(key, label, all, chosen, error, facts) {
  const id = `new-${key}`;
  return html`<div class="field"><label for="${id}">${label}</label><select class="in" id="${id}" data-change="${key}" data-key="${id}" ${wrong(error, `${id}-err`, `${id}-doc`)}>
    ${all.map(one => html`<option value="${one.name}" title="${one.doc}" ${one === chosen && html`selected`}>${one.name}</option>`)}</select>
    ${errorLine(`${id}-err`, error)}<p class="doc" id="${id}-doc">${chosen
      ? html`${sentence(chosen.doc)[0]} <span class="facts">${facts.filter(Boolean).join(', ')}</span>` : 'None fits this dataset.'}</p></div>`;
}

export function modelsFor({source, gym}) {
  if (source === 'gym') return known.models.filter(one => one.gyms?.includes(gym));
  return known.models.filter(one => one.gyms === null && (source === 'model' || one.database));
}

export function solversFor(model, {source, gym}) {
  if (!model) return [];
  const named = (model.solvers ?? known.solvers.map(one => one.name)).map(name => known.solvers.find(one => one.name === name)).filter(Boolean);
  return named.filter(one => source === 'gym' ? one.gyms?.includes(gym) : one.gyms === null);
}
