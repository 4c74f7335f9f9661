// The Model Editor: picture, text and properties of the net, in step with each other.
import {askLayer} from './add_layer.js';
import {docActions, docNotices, docTop, problemsButton, undoButtons} from './docbar.js';
import {openDocument} from './documents.js';
import {finder} from './find.js';
import {netGraph} from './graph.js';
import {icon} from './icons.js';
import {bindKeys} from './keys.js';
import {byLayer, layerOf, problemPopup} from './problems.js';
import {propsPanel} from './props.js';
import {sheet} from './sheet.js';
import {failed, notice, say} from './shell.js';
import {startActions, wireStart} from './start_run.js';
import {html, listen, paint} from './store.js';
import {textPane} from './textpane.js';
import {counted} from './words.js';

const PHASES = [['TRAIN', 'Train'], ['TEST', 'Test'], ['ALL', 'All']];
const VIEWS = [['graph', 'Graph'], ['both', 'Both'], ['text', 'Text']];
const narrow = matchMedia('(max-width: 760px)');

let lastView = null; // as the user left it

export async function open(ctx) {
  const doc = await openDocument(ctx.project.name, 'model');
  if (!ctx.current()) return;
  await new Editor(ctx, doc).start();
}

class Editor {
  constructor(ctx, doc) {
    const wanted = ctx.query.get('view');
    Object.assign(this, {ctx, doc, layer: null, name: '', drawn: null});
    this.view = VIEWS.some(([view]) => view === wanted) ? wanted : lastView ?? (innerWidth >= 1000 && innerHeight >= 700 ? 'both' : 'graph');
  }

  async start() {
    const {ctx, doc} = this, {place, query} = ctx;
    const phase = query.get('phase')?.toUpperCase();
    if (PHASES.some(([one]) => one === phase)) await doc.setPhase(phase); else if (!doc.look) await doc.refresh();
    if (!ctx.current()) return;
    paint(place, html`<div class="bar editor-bar" role="toolbar"
      aria-label="Model"></div><div class="pop" hidden></div><div class="doc-notices"></div>
      <div class="editor"><div class="work"><div class="canvas"></div><section class="text" aria-label="Text of the model"></section></div>
      <aside class="props" role="form" aria-label="Properties"></aside></div>`);
    const at = name => place.querySelector(name);
    Object.assign(this, {bar: at('.bar'), notices: at('.doc-notices'), frame: at('.editor'), canvas: at('.canvas'), textAt: at('.text'), panelAt: at('.props')});
    this.note = document.createElement('div');
    this.note.className = 'canvas-note';
    this.graph = netGraph(this.canvas, {select: index => this.select(index, 'graph'), open: index => this.openProps(index)});
    this.canvas.append(this.note);
    this.find = finder(this.canvas, {layers: () => doc.look?.layers ?? [], pick: index => this.goTo(index), closed: () => this.graph.focus(this.layer)});
    this.text = textPane(this.textAt, {doc, caret: ({line}) => this.followCaret(line), close: () => this.setView('graph')});
    this.panel = propsPanel(this.panelAt, doc, {chosen: () => this.layer, choose: index => this.goTo(index), act: {
      remove: index => this.remove(index), move: (index, by) => this.move(index, by), failed, leave: () => this.graph.focus(this.layer),
    }});
    this.sheet = sheet(this.frame, this.panelAt);
    this.popup = problemPopup(at('.pop'), doc, () => this.drawBar());
    this.wire();
    const first = query.get('layer'), layers = doc.look?.layers ?? [];
    const chosen = layers.find(one => one.name === first && one.included) ?? layers.find(one => one.name === first);
    this.setView(this.view, {keep: true});
    this.update();
    if (chosen) this.select(chosen.index, 'address');
    if (Number(query.get('line')) > 0) this.openText(Number(query.get('line')), Number(query.get('column')) || 1);
    ctx.setQuery({line: null, column: null, phase: doc.phase === 'TRAIN' ? null : doc.phase});
  }

  wire() {
    const {ctx, doc} = this;
    const leave = event => {
      if (event.key !== 'Escape' || event.defaultPrevented || !event.target.closest('.props, .text')) return;
      event.preventDefault();
      this.graph.focus(this.layer);
    };
    ctx.place.addEventListener('keydown', leave);
    const outside = event => { if (this.popup.isOpen() && !event.target.closest('.pop, .problems')) this.popup.close(); };
    document.addEventListener('pointerdown', outside);
    const resized = () => this.setView(this.view, {keep: true});
    narrow.addEventListener('change', resized);
    docTop(ctx, doc, {view: 'model', title: () => this.title(), more: () => startActions(ctx.project)});
    wireStart(ctx);
    ctx.onClose(
      doc.listen(() => this.update()),
      listen(ctx.place, {
        ...docActions(doc, {showProblem: problem => this.showProblem(problem), toggleProblems: () => this.popup.toggle()}),
        phase: button => this.setPhase(button.dataset.phase),
        view: button => this.setView(button.dataset.view),
        'add-layer': () => this.add(),
        'find-open': () => this.find.open(),
        'note-text': () => this.showProblem(doc.problems[0] ?? {}),
      }),
      bindKeys(this.keys()),
      () => { document.removeEventListener('pointerdown', outside); narrow.removeEventListener('change', resized); },
      () => { for (const part of [this.graph, this.text, this.panel, this.sheet]) part.end(); },
    );
  }

  keys() {
    // Of the layer that has the focus, chosen or not; else of the one that is chosen.
    const chosen = act => () => {
      const focused = document.activeElement?.closest('[data-layer]')?.dataset.layer;
      const index = focused === undefined ? this.layer : Number(focused);
      if (index === null || this.locked) return false;
      if (index !== this.layer) this.select(index, 'graph');
      return act(index);
    };
    return {
      '/': ['Find a layer', () => this.find.open()],
      a: ['Add a layer', () => { this.add(); }],
      Delete: ['Remove the chosen layer', chosen(index => { this.remove(index); })],
      F2: ['Rename the chosen layer', chosen(() => this.rename())],
      '+': ['Zoom in', () => this.graph.zoom(1.25)],
      '=': ['', () => this.graph.zoom(1.25)],
      '-': ['Zoom out', () => this.graph.zoom(0.8)],
      0: ['Fit the net into the window', () => this.graph.fit()],
      g: ['Graph, both, text', () => this.nextView()],
      Escape: ['Back to the graph', () => { if (this.popup.isOpen()) this.popup.close(); else this.graph.focus(this.layer); }],
    };
  }

  // The net's name; while the text cannot be read, the one that it had.
  title() {
    const name = this.doc.look?.net?.name;
    if (name || this.doc.look?.graph) this.named = name;
    return this.named || this.doc.name;
  }

  get locked() { return Boolean(this.doc.look?.old_form); }

  // ---- Drawing, after any change of the document ----
  update() {
    const {doc} = this, {look} = doc;
    if (look && look !== this.drawn) {
      this.drawn = look;
      this.followLayer(look);
      this.problems = byLayer(look.problems);
      if (look.graph) this.graph.draw(look, this.problems);
      this.graph.select(this.layer);
      if (this.text.line() !== null) this.followCaret(this.text.line());
    }
    this.text.sync();
    this.markText();
    this.panel.draw();
    this.popup.draw();
    this.drawNote();
    this.drawBar();
    paint(this.notices, html`${docNotices(doc)}${!doc.conflict && doc.error && doc.lookedAt !== doc.text ? html`<div class="notice bad"
      role="alert">${doc.error.message} ${doc.error.hint}</div>` : ''}`);
  }

  // The chosen layer may have another index now: it is known by its name.
  followLayer(look) {
    if (this.layer === null || !look.layers?.length) return;
    const now = look.layers.find(one => one.index === this.layer);
    if (now?.name === this.name) return;
    const same = look.layers.filter(one => one.name === this.name).sort((a, b) => Math.abs(a.index - this.layer) - Math.abs(b.index - this.layer))[0];
    if (same) this.layer = same.index;
    else if (now && look.layers.length === this.count) this.name = now.name;
    else this.layer = null;
    this.ctx.setQuery({layer: this.layer === null ? null : this.name});
  }

  drawBar() {
    const {doc, view} = this;
    this.count = doc.look?.layers?.length ?? this.count;
    const views = narrow.matches ? VIEWS.filter(([one]) => one !== 'both') : VIEWS, shown = narrow.matches && view === 'both' ? 'graph' : view;
    paint(this.bar, html`<div class="seg" role="group" aria-label="Phase">${PHASES.map(([phase, word]) => html`<button type="button" data-do="phase"
      data-phase="${phase}" data-key="phase ${phase}" aria-pressed="${String(doc.phase === phase)}">${word}</button>`)}</div>
      <div class="seg" role="group" aria-label="View">${views.map(([one, word]) => html`<button type="button" data-do="view" data-view="${one}"
        data-key="view ${one}" aria-pressed="${String(shown === one)}" title="g">${word}</button>`)}</div>
      ${undoButtons(doc)}<button type="button" class="btn" data-do="add-layer" data-key="add-layer" title="Add a layer (a)" aria-label="Add layer"
        ${this.locked && html`disabled`}>${icon('plus')}<span class="hide-s">Add layer</span></button><div class="grow"></div>
      ${problemsButton(doc, this.popup?.isOpen())}<button type="button" class="btn" data-do="find-open" data-key="find-open"
        title="Find a layer (/)" aria-label="Find">${icon('search')}<span class="hide-s">Find</span><kbd class="hide-s">/</kbd></button>`);
  }

  // What the picture cannot say by itself.
  drawNote() {
    const {look, error, problems} = this.doc, cards = look?.graph?.cards;
    const broken = look && !look.graph;
    const unshaped = cards?.length > 0 && problems.length > 0 && look.layers.every(one => one.tops.every(top => top.shape === null));
    this.canvas.classList.toggle('stale', Boolean(broken));
    this.note.hidden = !(broken || unshaped || !look || (cards && !cards.length));
    this.note.classList.toggle('middle', !look || cards?.length === 0 || (broken && !this.graph.shows(0)));
    paint(this.note, !look ? html`<p>${error?.message ?? 'Reading the net.'}</p>`
      : broken ? this.brokenNote(problems[0])
      : cards && !cards.length ? this.emptyNote(look)
      : unshaped && html`<p>Shapes appear once the net can be built: ${counted(problems.length, 'problem')}.</p>`);
  }

  brokenNote(problem) {
    if (!problem) return html`<p>This text cannot be drawn.</p>`;
    return html`<p>Not drawn anew: ${problem.line && `line ${problem.line}, `}${problem.text || problem.message}</p>
      <button type="button" class="btn" data-do="note-text" data-key="note-text">Go there</button>`;
  }

  emptyNote({layers}) {
    if (layers.length) return html`<p>No layer is part of the net in this phase.</p>`;
    return html`<p>No layers yet.</p>${!this.locked && html`<button type="button" class="btn primary" data-do="add-layer"
      data-key="add-first">${icon('plus')}Add layer</button>`}`;
  }

  // ---- The chosen layer ----
  // from: who asked, and need not follow: "graph", "text", "address".
  select(index, from = '') {
    const layer = this.doc.look?.layers?.find(one => one.index === index) ?? null;
    const same = this.layer === (layer?.index ?? null);
    this.layer = layer?.index ?? null;
    this.name = layer?.name ?? '';
    this.graph.select(this.layer);
    if (layer && from !== 'graph') this.graph.reveal(this.layer);
    this.markText();
    const range = this.range();
    if (range && from !== 'text') this.text.reveal(range[0], range[1]);
    if (!same || from === 'address') this.panel.draw();
    if (layer && from !== 'text') this.sheet.show();
    this.ctx.setQuery({layer: layer?.name ?? null});
  }

  range() {
    const found = this.doc.look?.lines?.find(([index]) => index === this.layer);
    return found ? [found[1], found[2]] : null;
  }
  markText() { this.text.mark(this.range()); }

  followCaret(line) {
    const {look} = this.doc;
    const found = look?.lines?.find(([, first, last]) => line >= first && line <= last);
    if (found && found[0] !== this.layer) this.select(found[0], 'text');
  }

  // Choose a layer wherever it is: in another phase, far away in the picture.
  async goTo(index) {
    const layer = this.doc.look?.layers?.find(one => one.index === index);
    if (!layer) return;
    if (!layer.included) await this.setPhase('ALL');
    if (this.view === 'text' || (narrow.matches && this.view !== 'graph')) this.setView(narrow.matches ? 'graph' : 'both');
    this.select(index, 'find');
    this.graph.reveal(index, {middle: true});
    this.graph.focus(index);
  }

  openProps(index) {
    if (this.layer !== index) this.select(index, 'graph');
    this.sheet.show();
    this.panel.focusFirst();
  }

  rename() {
    this.sheet.show();
    this.panel.focusName();
  }

  async showProblem(problem) {
    this.popup.close();
    const index = layerOf(problem), layer = this.doc.look?.layers?.find(one => one.index === index);
    if (layer) {
      if (!layer.included) await this.setPhase('ALL');
      this.select(index, 'problem');
      if (problem.path?.length > 2 && await this.panel.focusField(problem.path)) return;
      if (this.graph.shows(index) && this.view !== 'text' && !problem.path) return this.graph.focus(index);
    }
    if (problem.line) this.openText(problem.line, problem.column ?? 1);
  }

  openText(line, column) {
    if (this.view === 'graph' || narrow.matches) this.setView(narrow.matches ? 'text' : 'both');
    this.text.goTo(line, column);
    this.followCaret(line);
  }

  // ---- Phase and view ----
  async setPhase(phase) {
    this.ctx.setQuery({phase: phase === 'TRAIN' ? null : phase});
    await this.doc.setPhase(phase);
  }

  setView(view, {keep = false} = {}) {
    this.view = view;
    if (!keep) { lastView = view; this.ctx.setQuery({view}); }
    const shown = narrow.matches && view === 'both' ? 'graph' : view;
    this.frame.dataset.view = shown;
    this.textAt.hidden = shown === 'graph';
    this.canvas.hidden = shown === 'text';
    this.text.sync();
    this.drawBar();
    const range = this.range();
    if (range && shown !== 'graph') this.text.reveal(range[0], range[1]);
  }
  nextView() {
    const views = VIEWS.map(([view]) => view).filter(view => !narrow.matches || view !== 'both');
    this.setView(views[(views.indexOf(this.view) + 1) % views.length]);
  }

  // ---- Editing the layers ----
  async tried(work) {
    try {
      return await work();
    } catch (error) {
      if (error.status === undefined) throw error;
      failed(error.errors?.[''] ? {message: error.errors['']} : error);
      return null;
    }
  }

  async add() {
    if (this.locked || !this.doc.look) return;
    const index = await askLayer(this.doc, this.layer);
    if (index === null) return;
    if (!this.doc.look.layers.find(one => one.index === index)?.included) await this.setPhase('ALL');
    this.select(index, 'add');
    this.graph.focus(index);
    say(`Layer ${this.name} added`);
  }

  async remove(index) {
    const {doc} = this, layer = doc.look.layers.find(one => one.index === index);
    const before = doc.look.layers.filter(one => one.index < index && one.included).at(-1);
    if (!layer || !await this.tried(() => doc.edit({op: 'remove_layer', index, bridge: true}))) return;
    this.select(before?.index ?? null, 'remove');
    this.graph.focus(this.layer);
    const {text} = doc;
    notice(`Removed ${layer.name || layer.type}.`, {action: {label: 'Undo', act: async () => {
      if (doc.text !== text) return notice('The model was changed since. Undo goes back step by step: Ctrl+Z.');
      await doc.undo();
      this.select(index, 'undo');
    }}});
  }

  async move(index, by) {
    if (await this.tried(() => this.doc.edit({op: 'move_layer', index, to: index + by}))) this.select(index + by, 'move');
  }
}
