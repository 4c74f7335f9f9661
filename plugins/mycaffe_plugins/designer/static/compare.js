// Several runs side by side: the curves of one figure, and the settings that differ.
import {get, ofProject, throttled} from './api.js';
import {Chart} from './chart.js';
import {LOG, SMOOTH, SMOOTHINGS} from './curves.js';
import {icon} from './icons.js';
import {RunData} from './run_data.js';
import {chained, smoothed} from './series.js';
import {html, listen, paint} from './store.js';
import {counted, figure, nameOf, whole} from './words.js';

const DASHES = [undefined, undefined, [7, 4], [2, 3]];
const KINDS = ['', '', 'dash', 'dots'];

// Colour and dash of the i-th run: from the third on colours alone do not suffice.
export const lineOf = i => {
  const kind = i < 4 ? i : 2 + (i % 2) ;
  return {color: `--c${i % 6 + 1}`, dash: DASHES[i >= 6 ? 5 - kind : kind], kind: KINDS[i >= 6 ? 5 - kind : kind]};
};

const FIRST = ['mean_abs_error', 'accuracy', 'loss'];
const LABELS = {mean_abs_error: 'error'};
// Tests are single measurements.
const isSmooth = name => SMOOTH.test(name) || /^test /.test(name);

export class CompareChart {
  // options: figure and smooth from the address; changed(query) when the user chooses others.
  constructor(place, project, {figure: first, smooth, changed}) {
    const number = Number(smooth ?? 50);
    this.came = throttled(500, () => { if (!this.closed) { this.head(); this.chart.touch(); } });
    Object.assign(this, {place, project, figure: first, changed, smooth: SMOOTHINGS.includes(number) ? number : 50, scale: null, shown: [], data: new Map()});
    paint(place, html`<section class="box curve-box" aria-label="Curves compared"><header></header><div></div></section>`);
    [this.header, this.canvas] = place.firstElementChild.children;
    this.chart = new Chart(this.canvas, this.options());
    this.end = listen(place, {
      figure: button => this.choose(button.value || button.dataset.figure),
      smooth: select => { this.smooth = Number(select.value); this.changed({smooth: this.smooth === 50 ? null : this.smooth}); this.rebuild(); },
      scale: button => { this.scale = button.dataset.scale; this.rebuild(); },
      table: button => this.chart.toggleTable(button),
    });
  }

  // Compare these runs: [{id, name, color, dash, kind}].
  show(shown) {
    for (const [id, one] of this.data) if (!shown.some(run => run.id === id)) { one.close(); this.data.delete(id); }
    this.shown = shown;
    for (const {id} of shown) {
      if (this.data.has(id)) continue;
      const one = new RunData(this.project.name, id, () => this.came());
      this.data.set(id, one);
      one.load().then(() => { if (one.open) { this.head(); this.rebuild(); } }, () => { this.chart.touch(); });
    }
    this.rebuild();
  }

  get figures() {
    const found = new Set();
    for (const one of this.data.values()) {
      for (const name of one.names) if (one.all.some(series => series.has(name))) found.add(name);
      for (const [name, {iteration}] of Object.entries(one.tests ?? {})) if (iteration.length) found.add(name);
    }
    const rank = name => FIRST.includes(name) ? FIRST.indexOf(name) : /^test /.test(name) ? 5 : 10;
    return [...found].sort((a, b) => rank(a) - rank(b));
  }

  get name() { return this.figures.includes(this.figure) ? this.figure : this.figures[0] ?? 'loss'; }
  get log() { return (this.scale ?? (LOG.test(this.name) ? 'log' : 'linear')) === 'log'; }
  get mean() { return isSmooth(this.name) ? 0 : this.smooth; }

  choose(name) {
    this.figure = name;
    this.scale = null;
    this.changed({figure: name});
    this.rebuild();
  }

  rebuild() {
    this.head();
    this.chart.change(this.options());
  }

  options() {
    const tests = /^test /.test(this.name);
    return {
      height: 240, x: {updates: true, name: 'update'},
      y: {log: this.log, ...(/accuracy/.test(this.name) ? {range: () => [0, 1], ticks: () => [0, 0.2, 0.4, 0.6, 0.8, 1]} : {})},
      lines: this.shown.map(({name, color, dash}) => ({
        name, color, dash, width: 2, end: this.shown.length > 2 ? name : '', points: tests ? 5 : 0, spans: tests,
      })),
      data: () => this.columns(), sentence: () => this.sentence(), why: () => this.why(),
    };
  }

  // The updates of all runs in one row; undefined where a run has no row there, null where it has no number.
  columns() {
    const lines = this.shown.map(({id}) => this.lineOf(this.data.get(id)));
    const updates = [...new Set(lines.flatMap(([iteration]) => iteration))].sort((a, b) => a - b);
    const place = new Map(updates.map((update, i) => [update, i]));
    return [updates, ...lines.map(([iteration, values]) => {
      const column = Array(updates.length).fill(undefined);
      iteration.forEach((update, i) => { const value = values[i]; column[place.get(update)] = value == null || (this.log && value <= 0) ? null : value; });
      return column;
    })];
  }

  lineOf(data) {
    if (!data?.loaded) return [[], []];
    const test = data.tests?.[this.name];
    if (test) return [test.iteration, test.value];
    const {iteration, weight, column} = chained(data.all);
    return [iteration, smoothed(iteration, weight, column(this.name, 'mean'), this.mean)];
  }

  why() {
    if (!this.shown.length) return 'Choose a run above to see its curve, two or more to compare them.';
    if ([...this.data.values()].some(one => !one.loaded)) return 'Reading the curves.';
    return this.figures.length ? `None of these runs has a figure ${nameOf(this.name).toLowerCase()} that can be drawn here.` : 'Waiting for the first update.';
  }

  sentence() {
    const ends = this.shown.map(({id, name}) => {
      const [iteration, values] = this.lineOf(this.data.get(id));
      const at = values.findLastIndex(value => value != null);
      return at < 0 ? `run ${name} has none` : `run ${name} ended at ${figure(values[at])} after update ${whole(iteration[at])}`;
    });
    return `${nameOf(this.name)} of ${counted(this.shown.length, 'run')}: ${ends.join(', ')}.`;
  }

  head() {
    const {figures, name} = this, few = figures.filter(one => FIRST.includes(one) || one === name || /^test /.test(one)).slice(0, 4);
    const more = figures.filter(one => !few.includes(one));
    paint(this.header, html`<div class="what"><h2>${nameOf(name)}</h2>${this.shown.map(run =>
      html`<span class="key k-c${run.color.slice(3)} ${run.kind}">${run.name}</span>`)}</div>
      ${!isSmooth(name) && html`<select class="smoothing" data-change="smooth" data-key="smooth" aria-label="Smoothing">${SMOOTHINGS.map(n =>
        html`<option value="${n}" ${n === this.smooth && 'selected'}>${n ? `mean of ${n}` : 'each update'}</option>`)}</select>`}
      ${few.length > 1 && html`<div class="seg" role="group" aria-label="Figure">${few.map(one => html`<button data-do="figure"
        data-figure="${one}" data-key="f ${one}" aria-pressed="${one === name}">${LABELS[one] ?? nameOf(one).toLowerCase()}</button>`)}</div>`}
      ${more.length > 0 && html`<select class="smoothing more-figures" data-change="figure" data-key="more"
        aria-label="Other figures"><option value="" selected disabled>more</option>${more.map(one =>
        html`<option value="${one}">${nameOf(one)}</option>`)}</select>`}
      ${!/accuracy/.test(name) && html`<div class="seg hide-s" role="group" aria-label="Scale">${['log', 'linear'].map(scale => html`<button
        data-do="scale" data-scale="${scale}" data-key="${scale}" aria-pressed="${(scale === 'log') === this.log}">${scale}</button>`)}</div>`}
      <button class="btn icon quiet" data-do="table" data-key="table" aria-pressed="${!this.chart.table.hidden}" title="Show as table"
        aria-label="Show the curves as a table">${icon('table')}</button>`);
  }

  close() {
    this.closed = true;
    this.end();
    this.chart.close();
    for (const one of this.data.values()) one.close();
  }
}

// The settings that differ, then all on demand.
export class Differences {
  constructor(place, project) {
    Object.assign(this, {place, project, shown: [], answer: null, all: false, error: null, closed: false});
    this.end = listen(place, {all: box => { this.all = box.checked; this.draw(); }});
  }

  async show(shown) {
    const key = shown.map(run => run.id).join();
    this.shown = shown;
    if (key !== this.key) {
      Object.assign(this, {key, answer: null, error: null});
      this.draw();
      if (shown.length > 1) {
        try {
          const answer = await get(ofProject(this.project.name, `/compare?runs=${shown.map(run => encodeURIComponent(run.id)).join(',')}`));
          if (key === this.key) this.answer = answer;
        } catch (error) {
          if (error.status === undefined) throw error;
          if (key === this.key) this.error = error;
        }
      }
    }
    if (!this.closed) this.draw();
  }

  draw() {
    const {shown, answer, error} = this;
    const body = () => {
      if (shown.length < 2) return html`<p class="why">Choose two runs or more.</p>`;
      if (error) return html`<p class="why">${error.message}</p>`;
      if (!answer) return html`<p class="waiting">Comparing the settings.</p>`;
      const rows = answer.differs.map(one => [one.path, one.values, true]);
      if (this.all) rows.push(...answer.equal.map(one => [one.path, shown.map(() => one.value), false]));
      if (!rows.length) return html`<p class="why">All ${answer.same} settings are the same.</p>`;
      return html`<div class="wide"><table class="plain differs"><thead><tr><th>Setting</th>${shown.map(run =>
        html`<th><span class="swatch k-c${run.color.slice(3)} ${run.kind}"></span>${run.name}</th>`)}</tr></thead>
        <tbody>${rows.map(([path, values, differs]) => html`<tr class="${differs ? '' : 'same'}"><td>${path}</td>${values.map(value =>
          html`<td class="${differs && value !== usual(values) && 'other'}">${value ?? html`<span class="muted">not set</span>`}</td>`)}</tr>`)}</tbody></table></div>`;
    };
    paint(this.place, html`<section class="box flush" aria-label="What differs"><header><h2>What differs</h2>
      ${answer && shown.length > 1 &&
        html`<span class="muted small">${answer.differs.length} of ${answer.differs.length + answer.same} settings</span><div class="grow"></div>
      <label class="small show-all"><input class="check" type="checkbox" data-change="all"
        data-key="all" ${this.all && 'checked'}> show all</label>`}</header>${body()}</section>`);
  }

  close() { this.closed = true; this.end(); }
}

// The value that most have, the first of those; the others are set in bold.
function usual(values) {
  const count = value => values.filter(other => other === value).length;
  return values.reduce((best, value) => count(value) > count(best) ? value : best, values[0]);
}
