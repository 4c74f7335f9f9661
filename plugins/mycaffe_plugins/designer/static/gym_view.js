// The gym, live: target and prediction, the error below them, the newest values in figures; or the gym's own pictures.
import {get, ofRun, throttled} from './api.js';
import {Chart, endRoom} from './chart.js';
import {decimalsFor, niceBelow, niceRange} from './chart_scales.js';
import {icon} from './icons.js';
import {ALL, LiveData} from './live_data.js';
import {html, listen, paint} from './store.js';
import {subscribe, watch} from './stream.js';
import {counted, figure, isLive, steady} from './words.js';

const COLOURS = ['--c1', '--c2', '--c3', '--c4', '--c5', '--c6'];
const SPANS = [[100, '100'], [500, '500'], [ALL, 'All']];

// Draw it into an empty element; returns what ends it.
export function liveBox(place, project, runId, {large = false} = {}) {
  const box = new LiveBox(place, project, runId, large);
  return () => box.close();
}

class LiveBox {
  constructor(place, project, id, large) {
    Object.assign(this, {place, project, id, large, key: `${project}/${id}`, span: 500, chosen: [0], run: null, picture: false, hasPicture: false, closed: false});
    this.data = new LiveData(project, id);
    this.size = {px: 46}; // both charts begin at the same place
    this.range = heldRange();
    // As often as the curve, so that the figures are those of its end.
    this.quietly = throttled(150, () => { if (!this.closed && !document.hidden) this.figures(); });
    paint(place, html`<section class="box live ${large && 'large'}" aria-label="The gym, live">
      <header></header><div class="values" hidden></div>
      <div class="gym"><div class="picture" hidden></div><div class="drawn"><div class="curve"></div><div class="error"></div></div>
      <div class="now" aria-live="off"></div></div></section>`);
    this.part = name => place.querySelector(name);
    this.lines();
    const mine = tell => data => { if (data.run === this.key && !this.closed) tell(data); };
    this.ends = [
      watch(this.key),
      subscribe('live', mine(data => { if (this.data.add(data)) this.load(); this.came(); })),
      subscribe('frame', mine(() => this.frame())),
      subscribe('run', mine(({frame: _, ...news}) => this.summary(news))),
      subscribe('again', ({run}) => { if (!run || run === this.key) this.load(); }),
      listen(place, {
        span: button => this.setSpan(Number(button.dataset.span)),
        value: button => this.toggle(Number(button.dataset.value)),
        picture: button => this.show(button.dataset.picture === '1'),
        table: button => this.curve.toggleTable(button),
      }),
    ];
    this.curve = new Chart(this.part('.curve'), this.curveOptions());
    this.error = new Chart(this.part('.error'), this.errorOptions());
    this.head();
    this.load();
  }

  async load() {
    if (this.loading) { this.once = true; return; }
    this.loading = true;
    try {
      const [run] = await Promise.all([get(ofRun(this.project, this.id)), this.data.load(Math.max(this.span, 500))]);
      if (this.closed) return;
      this.run = run;
      if (run.frame) this.frame();
      if (this.large) this.head();
      this.came();
    } catch (error) {
      if (error.status === undefined) throw error; // a start has no run yet; it is tried again when it says something
    } finally {
      this.loading = false;
      if (this.once && !this.closed) { this.once = false; this.load(); }
    }
  }

  summary(news) {
    const before = this.run;
    this.run = {...before, ...news};
    if (!before || before.state !== news.state) this.load();
    if (this.large && this.scored !== this.scorable().join()) this.head();
    this.writeScores();
    this.curve.touch();
  }

  // New samples, or another choice among them.
  came() {
    const names = this.data.names.join('\n');
    if (names !== this.shownNames) {
      this.shownNames = names;
      this.chosen = this.chosen.filter(k => k < this.data.names.length);
      if (!this.chosen.length) this.chosen = [0];
      this.rebuild();
    }
    const shown = this.data.newest(this.span);
    const over = `${shown.overX} ${this.data.dates} ${this.data.xName}`;
    if (over !== this.over) { this.over = over; this.view = shown; this.rebuild(); }
    this.view = shown;
    this.curve.touch();
    this.error.touch();
    this.quietly();
  }

  rebuild() {
    this.lines();
    this.curve.change(this.curveOptions());
    this.error.change(this.errorOptions());
    this.head();
  }

  setSpan(span) {
    this.span = span;
    this.range.reset();
    this.curve.setZoom(null);
    this.head();
    if (span > this.data.length || span === ALL) this.load();
    if (this.data.loaded) this.came();
  }

  toggle(k) {
    const without = this.chosen.filter(other => other !== k);
    this.chosen = without.length === this.chosen.length ? [...without, k].sort((a, b) => a - b) : without.length ? without : [k];
    this.range.reset();
    this.rebuild();
    this.came();
  }

  // Colours: one value as in a run's pictures (target, prediction); of several, each has its own.
  lines() {
    const several = this.chosen.length > 1;
    this.shown = this.chosen.map((k, i) => ({
      k, name: this.data.names[k] ?? 'y', end: several ? this.data.names[k] : '',
      target: several ? COLOURS[i % COLOURS.length] : '--c1', prediction: several ? COLOURS[i % COLOURS.length] : '--c2',
      dash: several && i >= 2 ? [7, 4] : undefined,
    }));
  }

  get xAxis() {
    const overX = this.view?.overX ?? true, {dates, xName} = this.data;
    return {time: overX && dates, updates: !overX, name: overX ? xName : 'update'};
  }

  curveOptions() {
    const name = (one, what) => this.shown.length > 1 ? `${one.name}, ${what}` : what;
    return {
      height: () => this.curveHeight(), sync: this.key,
      x: {...this.xAxis, labels: false}, y: {size: this.size, range: (min, max) => this.range(min, max)},
      lines: [
        ...this.shown.map(one => ({name: name(one, 'target'), color: one.target, width: 4, alpha: 0.55})),
        ...this.shown.map(one => ({name: name(one, 'prediction'), color: one.prediction, width: 1.6, dash: one.dash, end: one.end})),
      ],
      data: () => this.view?.xs.length ? [
        this.view.xs, ...this.shown.map(one => this.view.target[one.k]), ...this.shown.map(one => this.view.prediction[one.k]),
      ] : null,
      why: () => this.why(), sentence: () => this.sentence(),
      zoomed: range => { if (!same(this.error.zoom, range)) this.error.setZoom(range); },
    };
  }

  errorOptions() {
    return {
      height: 96, sync: this.key, right: endRoom(this.shown), x: {...this.xAxis, title: this.xAxis.time ? '' : this.xAxis.name},
      y: {size: this.size, range: () => [-this.reach(), this.reach()], ticks: (min, max) => { const tick = niceBelow(max); return [-tick, 0, tick]; }},
      lines: this.shown.map(one => ({name: this.shown.length > 1 ? `${one.name}, error` : 'error', color: one.prediction, width: 1, dash: one.dash})),
      data: () => this.view?.xs.length ? [this.view.xs, ...this.shown.map(one => this.view.error[one.k])] : null,
      why: () => '', sentence: () => 'The error: prediction minus target.',
      shade: (u, ctx, colour) => {
        const tolerance = this.data.tolerance;
        if (!tolerance) return;
        const top = u.valToPos(tolerance, 'y', true), low = u.valToPos(-tolerance, 'y', true);
        ctx.fillStyle = colour('--band');
        ctx.fillRect(u.bbox.left, Math.max(top, u.bbox.top), u.bbox.width, Math.min(low, u.bbox.top + u.bbox.height) - Math.max(top, u.bbox.top));
      },
      zoomed: range => { if (!same(this.curve.zoom, range)) this.curve.setZoom(range); },
    };
  }

  curveHeight() {
    if (this.large) return innerWidth <= 760 ? Math.max(190, innerHeight - 570) : Math.max(240, Math.min(560, innerHeight - 380));
    return innerWidth <= 760 ? 190 : 220;
  }

  // How far the error's axis reaches: most errors are seen, a few wild ones are cut off; it does not jump at each update.
  reach() {
    const sizes = this.shown.flatMap(one => this.view.error[one.k]).filter(value => value != null).map(Math.abs).sort((a, b) => a - b);
    const most = sizes.length ? sizes[Math.min(sizes.length - 1, Math.floor(sizes.length * 0.98))] : 0;
    const wanted = 1.2 * Math.max(2 * (this.data.tolerance ?? 0), most) || 1;
    if (!this.reached || wanted > this.reached || wanted < this.reached * 0.7) this.reached = wanted * 1.08;
    return this.reached;
  }

  why() {
    if (!this.run || (isLive(this.run) && !this.run.iteration)) return 'Waiting for the first update.';
    if (!this.data.loaded) return 'Reading the samples.';
    if (!isLive(this.run) && !this.run.iteration) return 'This run ended before its first update.';
    return 'This run has no samples to draw. Its trainer gives none.';
  }

  sentence() {
    const {tolerance} = this.data, errors = this.view.error[this.shown[0].k].filter(value => value != null);
    const near = errors.filter(value => Math.abs(value) < tolerance).length;
    return `Target and prediction of ${counted(this.view.xs.length, 'update')} over ${this.xAxis.name}.`
      + (tolerance && errors.length ? ` ${Math.round(100 * near / errors.length)} % of the predictions are within ${figure(tolerance)}.` : '');
  }

  head() {
    const {names, tolerance} = this.data, several = this.shown.length > 1;
    const key = (colour, kind, text) => html`<span class="key ${kind} k-${colour.slice(2)}">${text}</span>`;
    const keys = several ? this.shown.map(one => key(one.prediction, one.dash ? 'dash' : '', one.name))
      : [key('--c1', '', 'target'), key('--c2', 'thin', 'prediction')];
    // Without samples there is one sentence, and nothing to choose from.
    const empty = !names.length;
    this.part('.live').classList.toggle('nothing', empty);
    paint(this.part('header'), html`<h2>Live</h2>
      ${!empty && html`<span class="keys">${keys}${several && html`<span class="muted tiny">wide: target</span>`}
        ${tolerance && html`<span class="key band">within ${figure(tolerance)}</span>`}</span>`}
      <div class="grow"></div>
      ${this.hasPicture && names.length > 0 && html`<div class="seg" role="group" aria-label="What is shown">
        <button data-do="picture" data-picture="1" data-key="pic1" aria-pressed="${this.picture}">Picture</button>
        <button data-do="picture" data-picture="0" data-key="pic0" aria-pressed="${!this.picture}">Curve</button></div>`}
      ${!empty && !this.picture && html`<div class="seg" role="group" aria-label="Updates shown">${SPANS.map(([span, text]) => html`<button
        data-do="span" data-span="${span}" data-key="span${span}" aria-pressed="${span === this.span}">${text}</button>`)}</div>
        <button class="btn icon quiet" data-do="table" data-key="table" aria-pressed="false" title="Show as table"
          aria-label="Show the curve as a table">${icon('table')}</button>`}`);
    this.part('.values').hidden = names.length < 2;
    paint(this.part('.values'), html`<span class="muted small">Values</span>${names.map((name, k) => html`<button class="choice" data-do="value"
      data-value="${k}" data-key="value${k}" aria-pressed="${this.chosen.includes(k)}">${name}</button>`)}`);
    paint(this.part('.now'), html`${this.large && this.scores()}<div class="row"><span class="muted">${this.data.xName}</span><b data-now="x">–</b></div>
      ${this.shown.map((one, i) => html`${several && html`<h3>${one.name}</h3>`}
        <div class="row">${key(one.target, '', 'target')}<b data-now="t${i}">–</b></div>
        <div class="row">${key(one.prediction, 'thin', 'prediction')}<b data-now="p${i}">–</b></div>
        <div class="row"><span class="muted">error</span><b data-now="e${i}">–</b></div>`)}
      ${tolerance && html`<details class="tiny muted"><summary>What the accuracy says</summary><p>Each prediction is made before its update. The accuracy is the share of the newest
        predictions that are closer to their target than ${figure(tolerance)}; its baseline is the same share for repeating the last target.</p></details>`}`);
    this.figures();
    this.writeScores();
  }

  // The rolling figures of the trainer, each beside its baseline; the run's page has tiles for them.
  scorable() {
    const figures = this.run?.figures ?? {};
    return ['accuracy', 'mean_abs_error'].filter(name => figures[name] != null && figures[`baseline_${name}`] != null);
  }

  scores() {
    const shown = this.scorable();
    this.scored = shown.join();
    return shown.length > 0 && html`<div class="scores">${shown.map(name => html`<dl class="tile"><dt>${name === 'accuracy' ? 'Accuracy' : 'Mean abs. error'}</dt>
      <dd data-score="${name}">–</dd><dd class="below" data-score="baseline_${name}"></dd></dl>`)}</div>`;
  }

  writeScores() {
    const figures = this.run?.figures ?? {};
    for (const at of this.place.querySelectorAll('[data-score]')) {
      const name = at.dataset.score, text = `${name.startsWith('baseline_') ? 'baseline ' : ''}${figure(figures[name])}`;
      if (at.textContent !== text) at.textContent = text;
    }
  }

  // Written into the places that are there, always with the same decimals: nothing moves sideways.
  figures() {
    const now = this.data.now(), put = (name, text) => { const at = this.part(`[data-now="${name}"]`); if (at && at.textContent !== text) at.textContent = text; };
    const most = column => column.reduce((high, value) => Math.max(high, Math.abs(value ?? 0)), 0);
    const date = days => new Date(days * 86_400_000).toISOString().slice(0, 10);
    put('x', now.x == null ? '–' : this.data.dates ? date(now.x) : now.x.toFixed(decimalsFor(Math.abs(now.x))));
    this.shown.forEach(({k}, i) => {
      const decimals = decimalsFor(most(this.data.target[k]?.slice(-500) ?? []));
      const target = now.target[k], prediction = now.prediction[k];
      put(`t${i}`, steady(target, decimals));
      put(`p${i}`, steady(prediction, decimals));
      put(`e${i}`, steady(target == null || prediction == null ? null : prediction - target, decimals));
    });
  }

  // A picture that the gym has drawn itself; the next one is loaded before it takes the place of this one.
  async frame() {
    if (this.drawing) { this.nextFrame = true; return; }
    this.drawing = true;
    const image = new Image();
    image.alt = 'The gym as it draws itself';
    image.src = `${ofRun(this.project, this.id, '/frame.png')}?at=${Date.now()}`;
    try {
      await image.decode();
      if (this.closed) return;
      this.part('.picture').replaceChildren(image);
      if (!this.hasPicture) { this.hasPicture = true; this.show(true); }
    } catch { /* it was replaced while it was read: the next one comes */ } finally {
      this.drawing = false;
      if (this.nextFrame && !this.closed) { this.nextFrame = false; this.frame(); }
    }
  }

  show(picture) {
    this.picture = picture;
    this.part('.picture').hidden = !picture;
    this.part('.drawn').hidden = picture;
    this.head();
  }

  close() {
    this.closed = true;
    this.ends.forEach(end => end());
    this.curve.close();
    this.error.close();
    this.place.replaceChildren();
    this.place.painted = null;
  }
}

const same = (a, b) => a === b || (a && b && a[0] === b[0] && a[1] === b[1]);

// A range that stays while the values fit it and fill most of it.
function heldRange() {
  let held = null;
  const range = (min, max) => {
    if (min == null || max == null) return held ?? [0, 1];
    if (!held || min < held[0] || max > held[1] || max - min < 0.55 * (held[1] - held[0])) {
      const [low, high] = niceRange(min, max);
      const room = (max - min) * 0.06;
      held = [Math.min(low, min - room), Math.max(high, max + room)];
    }
    return held;
  };
  range.reset = () => { held = null; };
  return range;
}
