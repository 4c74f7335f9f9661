// The curves of a run: accuracy beside its baseline, loss, every further output, tests, learning rate.
import {get} from './api.js';
import {Chart} from './chart.js';
import {icon} from './icons.js';
import {Series, chained, smoothed} from './series.js';
import {html, listen, paint} from './store.js';
import {counted, figure, isLive, nameOf, whole} from './words.js';

export const SMOOTHINGS = [0, 10, 50, 100, 200, 500];
// Figures that are means over a window already, or no measurements.
export const SMOOTH = /^(baseline_.*|accuracy|mean_abs_error|lr)$/;
export const LOG = /loss|error|^mse|^mae/;
const baselineOf = name => `baseline_${name}`;

// What has a box of its own, and in which order: [{name, test?, baseline?}].
export function figuresOf({names, tests, has}) {
  const order = ['accuracy', 'loss', 'mean_abs_error'];
  const rank = name => order.includes(name) ? order.indexOf(name) : name === 'lr' ? 99 : 10;
  // A column may be there without a number in it: a net without a trainer has no accuracy.
  const own = names.filter(name => has(name) && !(name.startsWith('baseline_') && names.includes(name.slice(9))));
  const testNames = Object.keys(tests).filter(name => tests[name].iteration.length);
  const found = own.map(name => ({
    name, baseline: names.includes(baselineOf(name)) && has(baselineOf(name)) ? baselineOf(name) : null,
    test: testNames.includes(`test ${name}`) ? `test ${name}` : null,
  }));
  const left = testNames.filter(name => !found.some(one => one.test === name)).map(name => ({name, testOnly: true}));
  const testRank = ({name}) => /accuracy/.test(name) ? -1 : 5;
  return [...found, ...left].map((one, i) => [one, one.testOnly ? testRank(one) : rank(one.name), i])
    .sort((a, b) => a[1] - b[1] || a[2] - b[2]).map(([one]) => one);
}

export class Curves {
  // place: where the boxes go; data: RunData; settings: {smooth, scales: {loss: 'linear'}}; changed(settings): they were chosen anew.
  constructor(place, data, settings, changed) {
    Object.assign(this, {place, data, settings, changed});
    this.boxes = new Map();
    this.end = listen(place, {
      scale: button => this.setScale(button.dataset.name, button.dataset.scale),
      smooth: select => this.setSmooth(Number(select.value)),
      table: button => this.boxes.get(button.dataset.name).chart.toggleTable(button),
    });
    this.update();
  }

  // Figures may have come; all charts have new data.
  update() {
    const {series, earlier} = this.data;
    const figures = figuresOf({names: this.data.names, tests: this.data.tests ?? {}, has: name => [series, ...earlier].some(one => one.has(name))});
    const wanted = figures.map(one => JSON.stringify(one)).join();
    if (wanted !== this.wanted) {
      this.wanted = wanted;
      this.arrange(figures);
    }
    for (const box of this.boxes.values()) box.touch();
  }

  arrange(figures) {
    if (!figures.length) {
      this.clear();
      paint(this.place, html`<section class="box"><header><h2>Loss</h2></header><p class="why">${this.why()}</p></section>`);
      return;
    }
    if (!this.boxes.size) { this.place.replaceChildren(); this.place.painted = null; }
    const keep = new Map();
    for (const one of figures) {
      const known = this.boxes.get(one.name);
      if (known && JSON.stringify(known.figure) === JSON.stringify(one)) keep.set(one.name, known);
      else { known?.close(); keep.set(one.name, new CurveBox(this, one)); }
    }
    for (const [name, box] of this.boxes) if (keep.get(name) !== box) box.close();
    this.boxes = keep;
    // Moved only if the order has changed: a moved element loses the focus.
    [...keep.values()].forEach((box, i) => { if (this.place.children[i] !== box.element) this.place.insertBefore(box.element, this.place.children[i] ?? null); });
  }

  why() {
    const {run} = this.data;
    if (run && !isLive(run)) return run.iteration ? 'This run has no figures.' : 'This run ended before its first update.';
    return 'Waiting for the first update.';
  }

  scaleOf(name) { return this.settings.scales[name] ?? (LOG.test(name) ? 'log' : 'linear'); }

  setScale(name, scale) {
    this.settings = {...this.settings, scales: {...this.settings.scales, [name]: scale}};
    this.changed(this.settings);
    this.boxes.get(name).rebuild();
  }

  setSmooth(updates) {
    this.settings = {...this.settings, smooth: updates};
    this.changed(this.settings);
    for (const box of this.boxes.values()) box.rebuild();
  }

  clear() {
    for (const box of this.boxes.values()) box.close();
    this.boxes.clear();
  }

  close() { this.end(); this.clear(); }
}

// Tests have no name of their own: "Test accuracy".
const titleOf = name => name.startsWith('test ') ? `T${name.slice(1)}` : nameOf(name);

class CurveBox {
  constructor(curves, one) {
    Object.assign(this, {curves, figure: one, name: one.name, detail: null});
    this.element = document.createElement('section');
    this.element.className = 'box curve-box';
    this.element.setAttribute('aria-label', nameOf(one.name));
    paint(this.element, html`<header></header><div></div><p class="below tiny muted" hidden></p>`);
    [this.header, this.canvas, this.below] = this.element.children;
    this.chart = new Chart(this.canvas, this.options());
    this.head();
  }

  get log() { return this.curves.scaleOf(this.name) === 'log'; }
  get smooth() { return this.figure.testOnly || SMOOTH.test(this.name) ? 0 : this.curves.settings.smooth; }
  get data() { return this.curves.data; }

  touch() {
    const part = this.data.series;
    const version = [this.data.earlier.length, part.version].join();
    if (version !== this.seen || this.figure.test || this.figure.testOnly) { this.seen = version; this.chart.touch(); }
  }

  rebuild() {
    this.drawn = null;
    this.chart.change(this.options());
    this.head();
  }

  // Lines of the chart; columns() gives their values in the same order.
  lines() {
    const {testOnly, test, baseline} = this.figure;
    if (testOnly) return [{name: this.name, color: '--c1', width: 2, points: 6, spans: true}];
    const raw = {color: '--c1', width: 1, alpha: 0.24, quiet: true, untold: true};
    const lines = this.smooth ? [{...raw, fill: 1, name: 'largest'}, {...raw, name: 'smallest'}] : [];
    lines.push({
      name: this.name, color: '--c1', width: this.smooth || SMOOTH.test(this.name) ? 2 : 1.4,
      tip: this.smooth ? `mean of ${this.smooth}` : nameOf(this.name),
    });
    if (baseline) lines.push({name: baseline, color: '--c6', width: 1.5, dash: [5, 4], tip: 'baseline'});
    if (test) lines.push({name: test, color: '--c2', width: 1.6, points: 6, spans: true});
    lines.push({name: 'best', color: '--c3', width: 0, points: 9, quiet: true, untold: true});
    return lines;
  }

  options() {
    const {log, name} = this;
    return {
      height: 200, lines: this.lines(), data: () => this.columns(),
      x: {updates: true, name: 'update'},
      y: {log, ...(name === 'accuracy' || name === 'test accuracy' ? {range: () => [0, 1], ticks: () => [0, 0.2, 0.4, 0.6, 0.8, 1]} : {})},
      marks: () => this.marks(), why: () => this.why(), sentence: () => this.sentence(),
      zoomed: range => this.zoomed(range),
    };
  }

  // [updates, ...values of lines()]; remembered, since a chart is also drawn for other reasons.
  columns() {
    const {testOnly, test, baseline} = this.figure;
    this.lost = 0;
    if (testOnly) {
      const {iteration, value} = this.data.tests[this.name];
      return [iteration, this.usable(value)];
    }
    const key = [this.data.series.version, this.data.earlier.length, this.smooth, this.log, this.detail?.key, test && this.data.tests[test].iteration.length].join();
    if (this.drawn?.key === key) { this.lost = this.drawn.lost; return this.drawn.columns; }
    const {iteration, weight, column, thinned} = this.joined();
    const mean = smoothed(iteration, weight, column(this.name, 'mean'), this.smooth);
    let columns = [iteration];
    if (this.smooth) {
      // Below zero there is nothing on a log axis: a block that begins there begins at the axis.
      const least = this.log ? Math.max(...mean.filter(value => value > 0).slice(-1), 1e-30) * 1e-12 : null;
      // Blocks of one update are a line, not an area.
      const high = column(this.name, 'max');
      const low = !thinned ? iteration.map(() => null)
        : column(this.name, 'min').map((value, i) => least && value != null && value <= 0 && high[i] > 0 ? least : value);
      columns.push(this.usable(high, false), this.usable(low, false));
    }
    const line = this.usable(mean);
    columns.push(line);
    if (baseline) columns.push(this.usable(column(baseline, 'mean'), false));
    if (test) columns = this.withTests(columns, this.data.tests[test]);
    columns.push(this.findBest(columns[0], columns[this.smooth ? 3 : 1], weight));
    this.drawn = {key, columns, lost: this.lost};
    return columns;
  }

  // The blocks of all runs in a row; where the user has zoomed in, the finer ones fetched for it.
  joined() {
    const {detail} = this;
    const all = chained(this.data.all);
    if (!detail) return all;
    const {iteration} = all;
    let from = iteration.findIndex(update => update > detail.series.first), to = iteration.findIndex(update => update > detail.series.last);
    if (from < 0) return all;
    if (to < 0) to = iteration.length;
    const inner = detail.series, splice = (outer, middle) => [...outer.slice(0, from), ...middle, ...outer.slice(to)];
    return {
      thinned: true, iteration: splice(iteration, inner.iteration), weight: splice(all.weight, inner.iteration.map((_, i) => inner.weight(i))),
      column: (name, part) => splice(all.column(name, part), inner.columns.get(name)?.[part] ?? inner.iteration.map(() => null)),
    };
  }

  usable(values, count = true) {
    if (!this.log) return values;
    return values.map(value => {
      if (value == null || value > 0) return value;
      if (count) this.lost++;
      return null;
    });
  }

  // Tests lie between rows: the updates of both, in order.
  withTests(columns, {iteration, value}) {
    const usable = this.usable(value);
    const at = new Map(iteration.map((update, i) => [update, usable[i]]));
    const extra = iteration.filter(update => !this.binaryHas(columns[0], update));
    if (!extra.length) return [...columns, columns[0].map(update => at.get(update) ?? null)];
    const rows = [...columns[0].map((update, i) => [update, i]), ...extra.map(update => [update, -1])].sort((a, b) => a[0] - b[0]);
    const spread = column => rows.map(([, i]) => i < 0 ? undefined : column[i]);
    return [rows.map(([update]) => update), ...columns.slice(1).map(spread), rows.map(([update]) => at.get(update) ?? null)];
  }

  binaryHas(sorted, value) {
    let low = 0, high = sorted.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] === value) return true;
      if (sorted[middle] < value) low = middle + 1; else high = middle - 1;
    }
    return false;
  }

  // The best point of a loss or an error: the lowest mean over a whole window.
  findBest(iteration, line) {
    this.best = null;
    const none = Array(iteration.length).fill(null);
    if (!LOG.test(this.name) || this.smooth === 0 && SMOOTH.test(this.name) && this.name !== 'mean_abs_error') return none;
    const full = iteration[0] + Math.max(this.smooth, this.name === 'mean_abs_error' ? 100 : 1) - 1;
    let at = -1;
    line.forEach((value, i) => { if (value != null && iteration[i] >= full && (at < 0 || value < line[at])) at = i; });
    if (at < 0) return none;
    this.best = {update: iteration[at], value: line[at]};
    none[at] = line[at];
    return none;
  }

  marks() {
    const {earlier, series, run} = this.data;
    if (!earlier.length) return [];
    const starts = [...earlier.slice(1), series].map(one => one.first).filter(Boolean);
    return starts.map((first, i) => ({x: first, text: i === starts.length - 1 && series.first ? `run ${run.number}` : 'resumed'}));
  }

  why() {
    if (this.lost) return 'No value is above 0, so none can be drawn on a log axis. Choose linear.';
    return this.curves.why();
  }

  sentence() {
    const [iteration] = this.drawn?.columns ?? this.columns();
    const line = this.figure.testOnly ? this.data.tests[this.name].value : this.drawn.columns[this.smooth ? 3 : 1];
    const values = line.filter(value => value != null);
    this.note();
    if (!values.length) return nameOf(this.name);
    const [first, last] = [values[0], values.at(-1)];
    const course = last === first ? `stayed at ${figure(last)}`
      : `${last < first ? 'fell' : 'rose'} from ${figure(first)} to ${figure(last)}`;
    const best = this.best ? ` It was best at update ${whole(this.best.update)}, ${figure(this.best.value)}.` : '';
    // A block is named by its last update.
    const from = this.figure.testOnly ? iteration[0] : this.data.all.find(series => series.first)?.first ?? iteration[0];
    return `${nameOf(this.name)} ${course} over ${counted(iteration.at(-1) - from + 1, 'update')}.${best}`;
  }

  // What the picture cannot show is said below it.
  note() {
    const text = this.lost ? `${counted(this.lost, 'value')} at or below 0 cannot be drawn on a log axis.` : '';
    this.below.hidden = !text;
    if (this.below.textContent !== text) this.below.textContent = text;
    const best = this.header.querySelector('.best');
    if (best) {
      best.hidden = !this.best;
      const said = this.best ? `best at ${whole(this.best.update)}` : '';
      if (best.textContent !== said) best.textContent = said;
    }
  }

  head() {
    const {name, figure: {baseline, test, testOnly}, log} = this;
    const plain = testOnly || name === 'lr' || /accuracy/.test(name);
    const keys = [
      baseline && html`<span class="key k-c1">${name === 'accuracy' ? 'accuracy' : 'net'}</span><span class="key dash k-c6"
        title="Repeating the last target">${name === 'accuracy' ? 'baseline: repeat the last target' : 'baseline'}</span>`,
      !baseline && name !== 'loss' && this.smooth > 0 && html`<span class="key k-c1">mean of ${this.smooth}</span>`,
      name === 'loss' && html`<label class="key k-c1"><select class="smoothing" data-change="smooth" data-key="smooth" aria-label="Smoothing">${
        [...new Set([...SMOOTHINGS, this.smooth])].sort((a, b) => a - b).map(n =>
          html`<option value="${n}" ${n === this.smooth && 'selected'}>${n ? `mean of ${n}` : 'each update'}</option>`)}</select></label>`,
      test && html`<span class="key k-c2">${test}</span>`,
      LOG.test(name) && !testOnly && html`<span class="key k-c3 dotted best" hidden></span>`,
    ];
    paint(this.header, html`<div class="what"><h2>${titleOf(name)}</h2>${keys}</div>
      ${!plain && html`<div class="seg" role="group" aria-label="Scale of ${nameOf(name)}">${['log', 'linear'].map(scale => html`<button
        data-do="scale" data-name="${name}"
        data-scale="${scale}" data-key="${scale} ${name}" aria-pressed="${(scale === 'log') === log}">${scale}</button>`)}</div>`}
      <button class="btn icon quiet" data-do="table" data-name="${name}" data-key="table ${name}" aria-pressed="${!this.chart.table.hidden}"
        title="Show as table" aria-label="Show ${nameOf(name)} as a table">${icon('table')}</button>`);
  }

  // Zoomed into blocks of many updates: ask for that part alone, as fine as there is room for.
  async zoomed(range) {
    this.detail = null;
    const {series} = this.data;
    if (!range || series.block === 1 || range[0] < series.first) return;
    const key = range.join(), from = Math.max(1, Math.floor(range[0])), to = Math.ceil(range[1]);
    const names = [this.name, this.figure.baseline].filter(Boolean);
    const answer = await get(this.data.curvesUrl({names, from, to})).catch(() => null);
    if (!answer || this.chart.closed || this.chart.zoom?.join() !== key || answer.block >= series.block) return;
    const fine = new Series();
    fine.load(answer);
    if (!fine.iteration.length) return;
    this.detail = {key, series: fine};
    this.chart.touch();
  }

  close() { this.chart.close(); this.element.remove(); }
}
