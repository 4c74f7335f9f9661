// The solver's form: the update rule, its settings in groups, the course of the rate, the trainer; the text beside it, in step.
import {describe, asValues, solverCatalog} from './catalog.js';
import {docActions, docNotices, docTop, formEdits, problemsButton, readable, undoButtons} from './docbar.js';
import {openDocument} from './documents.js';
import {errorsOf, fieldGroup, fieldRow, formState, keyOf, sentence, wireFields} from './fields.js';
import {bindKeys} from './keys.js';
import {problemPopup} from './problems.js';
import {ratePicture} from './rate.js';
import {failed} from './shell.js';
import {APART, grouped, idle} from './solver_groups.js';
import {startActions, wireStart} from './start_run.js';
import {html, listen, paint} from './store.js';
import {textPane} from './textpane.js';
import {PROPERTIES, solverChange, trainerForm} from './trainer_props.js';

const VIEWS = [['form', 'Form'], ['both', 'Both'], ['text', 'Text']];
const narrow = matchMedia('(max-width: 760px)');
const REST = 'rest';

let lastView = null; // as the user left it

export async function open(ctx) {
  const [doc, catalog] = await Promise.all([openDocument(ctx.project.name, 'solver'), solverCatalog()]);
  if (ctx.current()) await new SolverForm(ctx, doc, catalog).start();
}

class SolverForm {
  constructor(ctx, doc, catalog) {
    const wanted = ctx.query.get('view');
    Object.assign(this, {ctx, doc, catalog, state: formState(), types: {}, asked: '', reads: readable()});
    this.view = VIEWS.some(([view]) => view === wanted) ? wanted : lastView ?? (innerWidth >= 1180 ? 'both' : 'form');
  }

  get look() { return this.reads(this.doc.look).look ?? {fields: {}, problems: [], uses: [], type: '', trainer: null, rate: null}; }
  get lost() { return this.reads(this.doc.look).lost; }
  get readonly() { return this.doc.readonly || Boolean(this.look.old_form) || this.lost; }

  async start() {
    const {ctx, doc} = this, {place, query} = ctx;
    paint(place, html`<div class="bar" role="toolbar" aria-label="Solver"></div><div class="pop" hidden></div><div class="doc-notices"></div>
      <div class="solver"><div class="solver-form" role="form" aria-label="Settings of the solver"></div><section class="text" aria-label="Text of the solver"></section></div>`);
    const at = name => place.querySelector(name);
    Object.assign(this, {bar: at('.bar'), notices: at('.doc-notices'), frame: at('.solver'), form: at('.solver-form'), textAt: at('.text')});
    this.text = textPane(this.textAt, {doc, caret: ({line}) => this.followCaret(line), close: () => this.setView('form')});
    this.popup = problemPopup(at('.pop'), doc, () => this.drawBar());
    this.wire();
    this.setView(this.view, {keep: true});
    await this.askTypes();
    if (!ctx.current()) return;
    this.update();
    const line = Number(query.get('line')), field = (query.get('field') ?? '').replace(/^solver\./, '');
    const path = field ? field.split('.') : this.pathAt(line);
    const found = path && this.focusField(path);
    if (line > 0) this.showLine(line, Number(query.get('column')) || 1, {only: !found});
    ctx.setQuery({line: null, column: null, field: null});
  }

  wire() {
    const {ctx, doc, form} = this;
    docTop(ctx, doc, {view: 'solver', title: () => this.look.type || doc.name, more: () => startActions(ctx.project)});
    wireStart(ctx);
    const edits = formEdits(doc, this.state, (path, value) => solverChange(path, value, this.look));
    const wired = wireFields(form, {...edits, state: this.state, redraw: () => this.drawForm()});
    const outside = event => { if (this.popup.isOpen() && !event.target.closest('.pop, .problems')) this.popup.close(); };
    document.addEventListener('pointerdown', outside);
    form.addEventListener('focusin', event => this.followField(event.target.dataset?.field));
    ctx.onClose(
      doc.listen(() => { this.askTypes().then(() => ctx.current() && this.update()); this.update(); }),
      listen(ctx.place, {
        ...docActions(doc, {showProblem: problem => this.showProblem(problem), toggleProblems: () => this.popup.toggle()}),
        view: button => this.setView(button.dataset.view),
        'prop-add': () => this.addProperty(),
        'prop-enter': (_, event) => { if (event.key === 'Enter') this.addProperty(); },
      }),
      bindKeys({
        g: ['Form, both, text', () => this.nextView()],
        Escape: ['', () => { if (this.popup.isOpen()) this.popup.close(); else return false; }],
      }),
      () => document.removeEventListener('pointerdown', outside),
      () => { wired.end(); edits.end(); this.text.end(); },
    );
  }

  // ---- What the server knows of the types that the text names ----
  async askTypes() {
    const {type, trainer} = this.look, wanted = [type, trainer?.type, trainer?.gym].join(' ');
    if (wanted === this.asked) return;
    this.asked = wanted;
    const [solver, ...rest] = await Promise.all([describe('solvers', type), describe('trainers', trainer?.type), describe('gyms', trainer?.gym)]);
    if (wanted === this.asked) this.types = {solver, trainer: rest[0], gym: rest[1]};
  }

  // ---- Drawing ----
  update() {
    this.text.sync();
    this.drawForm();
    this.popup.draw();
    this.drawBar();
    const {doc} = this;
    paint(this.notices, html`${docNotices(doc)}
      ${this.lost && html`<div class="notice" role="status">The form shows the text as it was before its mistake; it can be changed again once that is put right.</div>`}
      ${!doc.conflict && doc.error && doc.lookedAt !== doc.text ? html`<div class="notice bad" role="alert">${doc.error.message} ${doc.error.hint}</div>` : ''}`);
  }

  drawBar() {
    paint(this.bar, html`<div class="seg" role="group" aria-label="What is shown">${VIEWS.filter(([view]) => view !== 'both' || !narrow.matches).map(([view, text]) => html`
      <button type="button" data-do="view" data-view="${view}" data-key="view ${view}" aria-pressed="${String(view === this.view)}">${text}</button>`)}</div>
      ${undoButtons(this.doc)}<div class="grow"></div>${problemsButton(this.doc, this.popup.isOpen())}`);
  }

  drawForm() {
    if (!this.form.isConnected) return;
    const {look, state, catalog, readonly} = this, {fields} = look, errors = errorsOf(look.problems);
    const type = look.type || 'SGD', rule = catalog.uses.get(type) ?? null, policy = fields.lr_policy?.text;
    const why = name => idle(name, {type, uses: rule && [...rule, ...look.uses ?? []], rules: catalog.rules, policy, policies: catalog.policies});
    const has = name => Object.keys(fields).some(key => key === name || key.startsWith(`${name}.`)) || errors.has(name) || state.drafts.has(name);
    const own = rule ?? [];
    // Settings of other rules that are set here stand beside those of this one, with a remark.
    const {groups, rest} = grouped(catalog.fields, [...own, ...[...catalog.rules].filter(name => has(name) && !own.includes(name))], type, catalog.policies), left = [...rest];
    const given = {path: [], fields, errors, state, form: 's', readonly, unused: name => has(name) ? why(name) : null};
    const drawn = groups.map(group => {
      const shown = group.fields.filter(one => !why(one.name) || has(one.name));
      left.push(...group.fields.filter(one => !shown.includes(one)));
      return shown.length > 0 && html`<section class="box">${fieldGroup({...given, field: {name: group.name, fields: shown}, id: group.name, first: shown.map(one => one.name),
        also: shown.map(one => one.name)})}${group.name === 'Rate' && ratePicture(look.rate)}</section>`;
    });
    const order = catalog.fields.map(one => one.name);
    left.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
    paint(this.form, html`<div class="solver-cols"><section class="box solver-type">${this.typeRow(errors)}</section>${drawn}
      <section class="box"><div class="f-group" role="group" aria-label="Trainer">
      <h3 class="f-head"><span>Trainer</span><small>${look.trainer?.form === 'properties' ? PROPERTIES : ''}</small></h3>
      ${trainerForm({look, catalog, trainer: this.types.trainer, gym: this.types.gym, errors, state, readonly, project: this.ctx.project.name})}</div></section>
      <section class="box">${fieldGroup({...given, field: {name: 'More', fields: left.filter(one => !APART.includes(one.name))},
        id: REST, title: 'Net, tests and the rest', first: ['net'], most: 0})}</section></div>`);
  }

  typeRow(errors) {
    const {catalog, look, state, readonly} = this, text = look.fields.type?.text ?? null, field = catalog.fields.find(one => one.name === 'type');
    const [, more] = sentence(this.types.solver?.doc), open = state.open.has('doc type');
    return html`${fieldRow({field: {...field, doc: '', values: asValues(catalog.solvers, text)}, path: ['type'], value: text, error: errors.get('type') ?? null,
      draft: state.drafts.get('type') ?? null, form: 's', readonly, label: 'Update rule'})}
      ${more && html`<p class="small muted rule">${open && html`${more} `}<button type="button" class="link"
        data-field-toggle="doc type" data-key="doc type" aria-expanded="${String(open)}">${open ? 'Less' : 'More about it'}</button></p>`}`;
  }

  // ---- Form and text in step ----
  pathAt(line) {
    const key = Object.entries(this.look.fields).find(([, one]) => one.line === line)?.[0];
    return key ? key.split('.').map(name => /^\d+$/.test(name) ? Number(name) : name) : null;
  }

  followField(at) {
    if (!at || this.view === 'form') return;
    const path = JSON.parse(at), place = this.look.fields[keyOf(path)] ?? this.look.fields[`${keyOf(path)}.0`] ?? (path[0] === PROPERTIES ? this.look.fields[PROPERTIES] : null);
    this.text.mark(place ? [place.line, place.line] : null);
    if (place) this.text.reveal(place.line);
  }

  followCaret(line) {
    const path = this.pathAt(line);
    for (const row of this.form.querySelectorAll('.f-row.at')) row.classList.remove('at');
    const row = path && this.rowOf(path);
    row?.classList.add('at');
    row?.scrollIntoView({block: 'nearest'});
    this.text.mark(path ? [line, line] : null);
  }

  rowOf(path) {
    for (let most = path.length; most > 0; most--) {
      const row = this.form.querySelector(`[data-row="${CSS.escape(keyOf(path.slice(0, most)))}"]`);
      if (row) return row;
    }
    return null;
  }

  // Go to the row of a path; false if the form has none.
  focusField(path) {
    if (this.view === 'text') this.setView('both');
    this.state.shown.get(REST)?.push(path[0]);
    for (let most = 1; most < path.length; most++) this.state.open.add(`in ${keyOf(path.slice(0, most))}`).add(`more ${keyOf(path.slice(0, most))}`);
    this.drawForm();
    const row = this.rowOf(path);
    if (!row) return false;
    row.querySelector('[data-field]')?.focus({preventScroll: true});
    row.scrollIntoView({block: 'center'});
    return true;
  }

  // only: the text is the only place to show it at.
  showLine(line, column, {only = true} = {}) {
    if (this.view === 'form' && only) this.setView(narrow.matches ? 'text' : 'both');
    if (this.view !== 'form') this.text.goTo(line, column);
  }

  showProblem({path, line, column}) {
    this.popup.close();
    if (path?.length && this.focusField(path)) return;
    if (line) this.showLine(line, column || 1);
  }

  setView(view, {keep = false} = {}) {
    if (view === 'both' && narrow.matches) view = 'form';
    this.view = view;
    if (!keep) lastView = view;
    this.frame.dataset.view = view;
    this.ctx.setQuery({view: keep ? this.ctx.query.get('view') : view});
    this.form.hidden = view === 'text';
    this.textAt.hidden = view === 'form';
    this.text.sync();
    this.drawBar();
  }

  nextView() {
    const views = VIEWS.map(([view]) => view).filter(view => view !== 'both' || !narrow.matches);
    this.setView(views[(views.indexOf(this.view) + 1) % views.length]);
  }

  async addProperty() {
    const [name, value] = ['prop-name', 'prop-value'].map(key => this.form.querySelector(`[data-key="${key}"]`));
    if (!name.value.trim()) { name.focus(); return; }
    try {
      await this.doc.edit({op: 'set_property', key: name.value.trim(), value: value.value.trim()});
      for (const one of this.form.querySelectorAll('.prop-add input')) one.value = '';
    } catch (error) {
      failed(error);
    }
  }
}
