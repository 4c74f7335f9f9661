// The gym of a project: its live view while a run lives, and its settings, which are a part of the solver file.
import {ApiError, delayed, pageOfRun, post} from './api.js';
import {asValues, describe, typesOf} from './catalog.js';
import {docActions, docNotices, docTop, formEdits, readable, undoButtons} from './docbar.js';
import {openDocument} from './documents.js';
import {errorsOf, fieldRow, formState, keyOf, wireFields} from './fields.js';
import {gymForm, gymPicture} from './gym_form.js';
import {liveBox} from './gym_view.js';
import {icon} from './icons.js';
import {runName, shell} from './shell.js';
import {startActions, wireStart} from './start_run.js';
import {html, listen, paint} from './store.js';
import {PROPERTIES, propertyRow, solverChange} from './trainer_props.js';
import {isLive, runLine} from './words.js';

const GYM = ['trainer', 'gym'];

export async function open(ctx) {
  const [doc, gyms] = await Promise.all([openDocument(ctx.project.name, 'solver'), typesOf('gyms')]);
  if (ctx.current()) await new GymView(ctx, doc, gyms).start();
}

class GymView {
  constructor(ctx, doc, gyms) {
    Object.assign(this, {ctx, doc, gyms, state: formState(), gym: null, type: null, points: null, run: null, shownRun: null, endLive: null, turn: 0, pictured: null, reads: readable()});
    this.wantsLive = ctx.query.get('live') === '1';
  }

  get look() { return this.reads(this.doc.look).look ?? {fields: {}, problems: [], trainer: null}; }
  get gymType() { return (this.look.trainer?.form && this.look.trainer.gym) || null; }
  get readonly() { return this.doc.readonly || Boolean(this.look.old_form) || this.reads(this.doc.look).lost; }

  async start() {
    const {ctx, doc} = this;
    paint(ctx.place, html`<div class="bar" role="toolbar" aria-label="Gym"></div><div class="doc-notices"></div>
      <div class="scroll"><div class="gym-view"><section data-part="live" hidden></section><section data-part="form"></section></div></div>`);
    const at = name => ctx.place.querySelector(name);
    Object.assign(this, {bar: at('.bar'), notices: at('.doc-notices'), live: at('[data-part=live]'), form: at('[data-part=form]')});
    docTop(ctx, doc, {view: 'gym', title: () => this.gymType ?? 'Gym', more: () => startActions(ctx.project)});
    wireStart(ctx);
    this.ask = delayed(250, () => this.preview());
    const edits = formEdits(doc, this.state, (path, value) => solverChange(path, value, this.look));
    const wired = wireFields(this.form, {...edits, state: this.state, redraw: () => this.draw()});
    ctx.onClose(
      shell.view(s => [s.project], ([project]) => project && this.drawLive(project)),
      doc.listen(() => this.update()),
      listen(ctx.place, docActions(doc)),
      () => { wired.end(); edits.end(); this.endLive?.(); this.turn++; },
    );
    await this.update();
  }

  async update() {
    const type = this.gymType;
    if (type !== this.type) {
      this.type = type;
      this.state.forget();
      this.points = null;
      const gym = await describe('gyms', type);
      if (type !== this.type || !this.ctx.current()) return;
      this.gym = gym;
    }
    this.draw();
    const settings = JSON.stringify([this.type, this.settings()]);
    if (settings !== this.pictured && this.gym) { this.pictured = settings; this.ask(); }
  }

  // Settings as /api/templates/preview takes them, from either form of the trainer.
  settings() {
    const {fields, trainer} = this.look, start = `${keyOf(GYM)}.`, found = {};
    for (const [key, {text}] of Object.entries(fields)) if (key.startsWith(start) && key !== `${start}type`) found[key.slice(start.length)] = text;
    for (const {path, value} of trainer?.properties ?? []) if (path?.startsWith(start) && path !== `${start}type`) found[path.slice(start.length)] = value;
    return found;
  }

  async preview() {
    const turn = ++this.turn;
    let points;
    try {
      points = await post('/api/templates/preview', {project: this.ctx.project.name, gym: {type: this.type, settings: this.settings()}});
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      points = {error: error.message, errors: error.errors};
    }
    if (turn !== this.turn || !this.ctx.current()) return;
    this.points = points;
    this.draw();
  }

  // ---- The newest run ----
  drawLive(project) {
    const run = project.runs.find(isLive) ?? project.runs[0], live = run && isLive(run);
    const first = Boolean(live || (this.wantsLive && run)); // before the settings, or after them
    this.live.hidden = !run;
    if (!run) return;
    const {parentElement: parent} = this.live;
    if (first !== (parent.firstElementChild === this.live)) parent[first ? 'prepend' : 'append'](this.live);
    if (this.shownRun !== run.id) {
      this.shownRun = run.id;
      this.endLive?.();
      this.live.painted = null;
      paint(this.live, html`<div class="head"></div><div data-part="box"></div>`);
      this.endLive = liveBox(this.live.querySelector('[data-part=box]'), project.name, run.id, {large: first});
    }
    const state = live
      ? html`<span class="pill running"><span class="dot pulse"></span><span class="num">${runLine(run)}</span></span>`
      : html`<span class="small muted">${runLine(run)}</span>`;
    paint(this.live.querySelector('.head'), html`<h2>Run ${runName(run, project)}</h2>${state}<div class="grow"></div>
      <a class="btn" href="${pageOfRun(project.name, run.id)}">${icon('runs')}Open the run</a>`);
  }

  // ---- The settings ----
  draw() {
    if (!this.form.isConnected) return;
    const {doc} = this;
    paint(this.bar, html`<span class="small muted">Settings are part of <b>${doc.name}</b></span><div class="grow"></div>${undoButtons(doc)}`);
    paint(this.notices, html`${docNotices(doc)}`);
    const top = this.form.querySelector('.gym-cols')?.scrollTop;
    paint(this.form, this.gymType ? this.view() : html`<div class="empty"><p>This project has no gym: the data layers of its model bring the data.</p></div>`);
    if (top) this.form.querySelector('.gym-cols').scrollTop = top;
  }

  view() {
    const {look, gyms, gym, type, state, readonly, points} = this, errors = errorsOf(look.problems), byProperties = look.trainer.form === 'properties';
    for (const [key, text] of Object.entries(points?.errors ?? {})) {
      const full = `trainer.${key}`;
      if (key.startsWith('gym.') && !errors.has(full)) errors.set(full, text);
    }
    const path = byProperties ? [PROPERTIES, 'Gym'] : [...GYM, 'type'], known = gyms.find(one => one.type === type);
    return html`<div class="gym-cols"><div class="box" role="form" aria-label="Settings of the gym"><div class="gym-choice">${fieldRow({
      field: {name: 'Gym', type: 'string', default: null, required: true, values: asValues(gyms, type), doc: known?.doc ? '' : 'No plugin that is loaded has this gym.'},
      path, value: type, error: errors.get(keyOf([...GYM, 'type'])) ?? errors.get(keyOf(GYM)) ?? null, draft: state.drafts.get(keyOf(path)) ?? null, form: 'g', readonly, fixed: true})}</div>
      ${byProperties ? this.properties(errors) : gym && gymForm({gym, path: GYM, fields: look.fields, errors, state, form: 'g', readonly})}</div>
      <div class="box gym-picture">${points?.x ? html`<header><h2>First ${points.x.length} points</h2></header>${gymPicture(type, points)}`
        : html`<p class="none small muted">${points?.error ?? (gym ? 'Drawing the first points.' : '')}</p>`}</div></div>`;
  }

  properties(errors) {
    const {look, gym, state, readonly} = this, rows = look.trainer.properties.filter(one => one.path?.startsWith(`${keyOf(GYM)}.`) && one.path !== 'trainer.gym.type');
    return html`<p class="small muted">This file has MyCaffe's form: the settings are properties in ${PROPERTIES}.</p>
      ${errors.has(PROPERTIES) && html`<p class="err">${icon('warn')}<span>${errors.get(PROPERTIES)}</span></p>`}
      ${rows.map(one => propertyRow(one, {catalog: {trainers: [], gyms: this.gyms}, gym, trainer: null, state, readonly}))}
      ${!rows.length && html`<p class="small muted">None is set.</p>`}`;
  }
}
