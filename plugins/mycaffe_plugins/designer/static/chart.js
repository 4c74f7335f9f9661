// A chart of lines over one axis: all that uses uPlot. It is drawn at most ten times a second, never while it cannot be seen.
import {END, addTip, lineEnds, markNames} from './chart_marks.js';
import {incrementsOf, logRange, logTicks, niceRange, tickTexts} from './chart_scales.js';
import {chartKeys, chartTouch} from './chart_keys.js';
import {html, paint} from './store.js';
import {figure, nameOf, whole} from './words.js';
import uPlot from './vendor/uPlot.esm.js';

const FONT = '12px "Inter Designer", system-ui, sans-serif';
const fonts = Promise.race([
  Promise.all([document.fonts.load(FONT), document.fonts.load('12px "Mono Designer"')]), new Promise(done => setTimeout(done, 1500)),
]).catch(() => {}); // drawn in the next best font then

// Read once: to ask for one has the browser work out all styles anew.
const colours = new Map();
function colour(name) {
  if (!colours.get(name)) colours.set(name, getComputedStyle(document.documentElement).getPropertyValue(name).trim());
  return colours.get(name);
}

// ---- one clock for all charts

const dirty = new Set();
let clock = 0;
function tick() {
  clock = 0;
  if (document.hidden) return;
  for (const chart of [...dirty]) {
    if (!chart.onScreen) continue;
    dirty.delete(chart);
    try { chart.draw(); } catch (error) { reportError(error); } // the others are drawn nevertheless
  }
  if ([...dirty].some(chart => chart.onScreen)) clock = setTimeout(tick, 100);
}
function mark(chart) {
  dirty.add(chart);
  clock ||= setTimeout(() => requestAnimationFrame(() => { tick(); clock ||= setTimeout(tick, 100); }), 0);
}
document.addEventListener('visibilitychange', () => { if (!document.hidden) tick(); });
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  colours.clear();
  all.forEach(chart => chart.repaint());
});
const all = new Set();

// Room at the right for the names at the lines' ends.
export const endRoom = lines => Math.max(20, ...lines.map(line => line.end ? 16 + 7 * Math.min(line.end.length, END) : 0));

const isPoint = column => column.reduce((count, value) => value == null ? count : count + 1, 0) === 1;

export class Chart {
  // place: an empty element. options:
  //   data()       [xs, ...ys] or null; ys[i] belongs to lines[i]; null in a line is a gap
  //   lines        [{name, color: '--c1', width, alpha, dash, points, fill, end, quiet}]; quiet: not in the table nor below the cursor;
  //                fill: index of the line below with which it bounds an area; end: name drawn at the line's last point
  //   height       px, or a function
  //   y            {log, range(min, max), ticks, size: {px}}    x: {name, time, updates, labels: true, title}
  //   why()        why there is nothing to see      sentence() what the picture shows
  //   right        px at the right of the lines, if others need it
  //   shade(u, c)  drawn behind the lines           marks()  [{x, text}] vertical lines
  //   zoomed([from, to] | null)  the user chose a part, or follows again      sync: other charts move their cursor along
  constructor(place, options) {
    this.place = place;
    this.options = {x: {}, y: {}, ...options};
    this.zoom = null;
    this.onScreen = true;
    this.closed = false;
    place.classList.add('chart');
    paint(place, html`<div class="canvas-of" tabindex="0" role="img" aria-label="A chart that is not drawn yet"></div><p class="why" hidden></p><div class="as-table" hidden></div>
      <button class="btn small follow" title="Double-click, or Esc">Show all</button>`);
    [this.frame, this.said, this.table, this.whole] = place.children;
    this.whole.addEventListener('click', () => this.setZoom(null));
    this.sized = new ResizeObserver(() => this.fit());
    this.sized.observe(place);
    this.seen = new IntersectionObserver(([entry]) => {
      this.onScreen = entry.isIntersecting;
      if (this.onScreen && dirty.has(this)) mark(this);
    }, {rootMargin: '80px'});
    this.seen.observe(place);
    chartKeys(this);
    all.add(this);
    fonts.then(() => { this.ready = true; this.touch(); });
  }

  // Something that is drawn has changed.
  touch() { if (!this.closed) mark(this); }

  // Other lines, another scale: made anew at the next drawing.
  change(options) {
    Object.assign(this.options, options);
    this.plot?.destroy();
    this.plot = null;
    this.touch();
  }

  repaint() { this.plot?.redraw(false); }

  draw() {
    if (!this.ready || this.closed || !this.place.clientWidth) return;
    const data = this.options.data();
    const nothing = !data || !data[0].length || data.slice(1).every(column => column.every(value => value == null));
    this.said.hidden = !nothing;
    this.frame.hidden = nothing;
    if (nothing) {
      this.said.textContent = this.options.why?.() ?? 'Nothing to draw.';
      this.table.hidden = true;
      this.plot?.destroy();
      this.plot = null;
      return;
    }
    if (this.plot) this.plot.setData(data); else this.make(data);
    const sentence = this.options.sentence?.() ?? '';
    if (this.frame.ariaLabel !== sentence) this.frame.ariaLabel = sentence;
    if (!this.table.hidden) this.fillTable(data);
  }

  get height() {
    const {height = 200} = this.options;
    return typeof height === 'function' ? height() : height;
  }

  fit() {
    const width = this.place.clientWidth;
    if (this.plot && width && (width !== this.plot.width || this.height !== this.plot.height)) {
      this.plot.setSize({width, height: this.height});
    } else if (!this.plot) {
      this.touch();
    }
  }

  // The part of the x axis that is shown: what was chosen, or all of it, which follows what comes.
  xRange(min, max) {
    if (this.zoom) return this.zoom;
    if (min == null) return [0, 1];
    const xs = this.plot?.data?.[0] ?? this.first;
    const [from, to] = [xs[0], xs[xs.length - 1]];
    return from === to ? [from - 1, to + 1] : [from, to];
  }

  setZoom(range) {
    this.zoom = range;
    this.place.classList.toggle('zoomed', Boolean(range));
    this.options.zoomed?.(range);
    this.touch();
  }

  make(data) {
    const {lines, x, y, sync, right} = this.options;
    this.first = data[0];
    const ends = lines.some(line => line.end);
    const axis = own => ({
      stroke: () => colour('--muted'), font: FONT, grid: {stroke: () => colour('--grid'), width: 1},
      ticks: {show: false}, gap: 6, ...own,
    });
    const labelled = x.labels !== false, titled = labelled && x.title && !x.time;
    this.plot = new uPlot({
      width: this.place.clientWidth, height: this.height, padding: [8, right ?? endRoom(lines), labelled ? 0 : 4, 0],
      legend: {show: false}, tzDate: seconds => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
      scales: {
        x: {time: Boolean(x.time), range: (u, min, max) => this.xRange(min, max)},
        y: {distr: y.log ? 3 : 1, range: (u, min, max) => this.yRange(min, max)},
      },
      axes: [
        axis({
          size: !labelled ? 8 : x.time ? 40 : 26, ...(labelled ? {} : {values: (u, splits) => splits.map(() => '')}),
          ...(titled ? {label: x.title, labelSize: 16, labelGap: 0, labelFont: FONT, size: 24} : {}),
          ...(x.time || !labelled ? {} : {values: (u, splits, i, space, increment) => tickTexts(splits, increment)}),
          ...(x.updates ? {incrs: incrementsOf('whole')} : {}), space: 56,
        }),
        axis({
          size: (u, values) => this.axisSize(values), space: 34,
          ...(y.log ? {splits: (u, i, min, max) => logTicks(min, max, this.height), filter: (u, splits) => splits} : {}),
          ...(y.ticks ? {splits: (u, i, min, max) => y.ticks(min, max)} : {}),
          values: (u, splits, i, space, increment) => tickTexts(splits, y.log ? null : y.ticks ? splits[1] - splits[0] : increment),
        }),
      ],
      series: [{}, ...lines.map(line => ({
        stroke: () => colour(line.color), width: line.width ?? 2, alpha: line.alpha ?? 1, dash: line.dash,
        // A line of one point is a point.
        points: {show: (u, i) => Boolean(line.points) || isPoint(u.data[i]), size: line.points || 6, fill: () => colour(line.color), width: 0},
        spanGaps: Boolean(line.spans), auto: !line.quiet,
      }))],
      bands: lines.flatMap((line, i) => line.fill == null ? [] : [{
        series: [i + 1, line.fill + 1], fill: () => `${colour(line.color)}a0`,
      }]),
      cursor: {
        y: false, x: true, drag: {x: true, y: false, setScale: false}, points: {size: 7, width: 0},
        ...(sync ? {sync: {key: sync, setSeries: false}} : {}),
        bind: {dblclick: () => () => { this.setZoom(null); return null; }},
      },
      hooks: {
        drawClear: [u => this.behind(u)],
        draw: [u => { markNames(u, this.marksAt(u), colour, FONT); if (ends) lineEnds(u, lines, colour, FONT); }],
        setSelect: [u => this.selected(u)],
      },
    }, data, this.frame);
    addTip(this.plot, this);
    chartTouch(this.plot);
  }

  // Wide enough for the widest label so far, so that the chart does not jump when labels change.
  axisSize(values) {
    const size = this.options.y.size ?? (this.ownSize ??= {px: 46});
    const longest = Math.max(0, ...(values ?? []).map(text => String(text).length));
    if (longest * 7 + 14 > size.px) {
      size.px = longest * 7 + 14;
      // Charts that share it begin at the same place.
      const others = [...all].filter(chart => chart !== this && chart.options.y.size === size);
      if (others.length) requestAnimationFrame(() => others.forEach(chart => chart.plot?.redraw(false, true)));
    }
    return size.px;
  }

  yRange(min, max) {
    const {y, lines} = this.options;
    if (y.range) return y.range(min, max);
    if (!y.log) {
      // Quiet lines (the raw one below a mean) are seen whole as well.
      const [low, high] = this.quietRange(value => value);
      return niceRange(Math.min(min ?? Infinity, low), Math.max(max ?? -Infinity, high));
    }
    const [low, high] = this.quietRange(value => value > 0 ? value : null);
    const from = min > 0 ? Math.max(Math.min(low, min), lines.some(line => line.quiet) ? min / 100 : 0) : low;
    return logRange(from, Math.max(max ?? 0, high));
  }

  quietRange(use) {
    const data = this.plot?.data ?? null;
    let low = Infinity, high = -Infinity;
    if (!data) return [low, high];
    const [from, to] = this.xRange(0, 1);
    this.options.lines.forEach((line, i) => {
      if (!line.quiet) return;
      data[i + 1].forEach((value, at) => {
        const used = value == null || data[0][at] < from || data[0][at] > to ? null : use(value);
        if (used == null) return;
        if (used < low) low = used;
        if (used > high) high = used;
      });
    });
    return [low, high];
  }

  behind(u) {
    u.ctx.save();
    this.options.shade?.(u, u.ctx, colour);
    for (const {at} of this.marksAt(u)) {
      u.ctx.strokeStyle = colour('--edge');
      u.ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
      u.ctx.lineWidth = devicePixelRatio;
      u.ctx.beginPath();
      u.ctx.moveTo(at, u.bbox.top);
      u.ctx.lineTo(at, u.bbox.top + u.bbox.height);
      u.ctx.stroke();
    }
    u.ctx.restore();
  }

  marksAt(u) {
    const {left, width} = u.bbox;
    return (this.options.marks?.() ?? []).map(mark => ({...mark, at: u.valToPos(mark.x, 'x', true)})).filter(({at}) => at >= left && at <= left + width);
  }

  selected(u) {
    const {left, width} = u.select;
    if (width < 4) return;
    this.zoomTo(u.posToVal(left, 'x'), u.posToVal(left + width, 'x'));
  }

  zoomTo(from, to) {
    this.plot.setSelect({left: 0, width: 0, top: 0, height: 0}, false);
    if (to > from) this.setZoom([from, to]);
  }

  // At most 40 rows, evenly spread, the last one among them.
  toggleTable(button) {
    this.table.hidden = !this.table.hidden;
    button?.setAttribute('aria-pressed', !this.table.hidden);
    this.touch();
  }

  fillTable(data) {
    const {lines, x} = this.options;
    const shown = lines.map((line, i) => [line, data[i + 1]]).filter(([line]) => !line.quiet);
    const [from, to] = this.xRange(0, 1);
    const inside = data[0].flatMap((value, i) => value >= from && value <= to ? [i] : []);
    const step = Math.max(1, Math.ceil(inside.length / 40));
    const rows = inside.filter((at, i) => (inside.length - 1 - i) % step === 0);
    const text = value => x.time ? new Date(value * 1000).toISOString().slice(0, 10) : x.updates ? whole(value) : figure(value, 4);
    paint(this.table, html`<div class="wide" tabindex="0" role="region" aria-label="The chart as a table"><table class="plain">
      <thead><tr><th class="n">${x.name ?? 'x'}</th>${shown.map(([line]) => html`<th class="n">${nameOf(line.name)}</th>`)}</tr></thead>
      <tbody>${rows.map(i => html`<tr><td class="n">${text(data[0][i])}</td>${shown.map(([, column]) =>
        html`<td class="n mono">${figure(column[i], 3)}</td>`)}</tr>`)}</tbody>
    </table></div>`);
  }

  close() {
    this.closed = true;
    this.sized.disconnect();
    this.seen.disconnect();
    this.plot?.destroy();
    this.plot = null;
    dirty.delete(this);
    all.delete(this);
  }
}
