// Small pictures of numbers as SVG: the sparks of cards and lists, and plain curves with axes.
import {html} from './store.js';
import {figure, whole} from './words.js';

const known = value => value !== null && value !== undefined && Number.isFinite(value);

export function span(lists) {
  let low = Infinity, high = -Infinity;
  for (const list of lists) for (const value of list) if (known(value)) { low = Math.min(low, value); high = Math.max(high, value); }
  return low > high ? [0, 1] : [low, high];
}

// Path of values over 0..1000 by 0..100, y upwards; what is not known is a gap.
function pathOf(x, y, [x0, x1], [y0, y1], margin = 0) {
  const wide = x1 - x0 || 1, high = y1 - y0;
  let path = '', pen = false;
  y.forEach((value, i) => {
    if (!known(value) || !known(x[i])) { pen = false; return; }
    const left = (x[i] - x0) / wide * 1000, top = margin + (high ? 1 - (value - y0) / high : .5) * (100 - 2 * margin);
    path += `${pen ? 'L' : 'M'}${left.toFixed(1)} ${top.toFixed(2)}`;
    pen = true;
  });
  return path;
}

// A picture without axes. lines: lists of values, the target first.
export function spark(lines) {
  const drawn = lines.filter(line => line?.length > 1), range = span(drawn);
  if (!drawn.length) return '';
  return html`<svg class="spark" viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true" focusable="false">${drawn.map((line, i) => html`
    <path class="line ${i ? 'prediction' : 'target'}" d="${pathOf(line.map((_, k) => k), line, [0, line.length - 1], range, 14)}"/>`)}</svg>`;
}

// Ticks at round numbers, between 3 and `most`.
export function ticks(low, high, most = 5) {
  if (low === high) { const pad = Math.abs(low) * .5 || 1; low -= pad; high += pad; }
  const raw = (high - low) / (most - 1), size = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map(n => n * size).find(n => n >= raw * .999);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) found.push(Number((i * step).toPrecision(12)));
  return found;
}

const tick = value => value < 0 ? `−${tick(-value)}` : value === 0 ? '0' : Number.isInteger(value) && Math.abs(value) < 1e7 ? whole(value) : figure(value, 3);
const dated = days => new Date(days * 864e5).toLocaleDateString('en', {month: 'short', year: 'numeric', timeZone: 'UTC'});

// A curve with axes. x: list; lines: [{y, name}]; label: a sentence for people who cannot see it; zero: the axis begins at 0; range: of x.
export function plot({x, lines, label, xName = '', dates = false, dashed = false, zero = false, range = span([x])}) {
  const [x0, x1] = range, [least, high] = span(lines.map(line => line.y)), low = zero ? Math.min(0, least) : least;
  const ys = ticks(low, high, 4), step = ys.length > 1 ? ys[1] - ys[0] : Math.abs(ys[0] ?? 1) || 1;
  let bottom = ys.length && ys[0] - low > 1e-12 ? ys[0] - step : low, top = ys.length && high - ys.at(-1) > 1e-12 ? ys.at(-1) + step : high;
  if (bottom === top) { bottom -= step; top += step; }
  const all = ticks(bottom, top, 5).filter(value => value >= bottom && value <= top);
  const down = value => `${(100 * (1 - (value - bottom) / (top - bottom))).toFixed(2)}%`;
  const along = value => `${(100 * (value - x0) / (x1 - x0 || 1)).toFixed(2)}%`;
  const xs = ticks(x0, x1, 6);
  const anchor = value => value - x0 < (x1 - x0) * .04 ? 'start' : x1 - value < (x1 - x0) * .06 ? 'end' : 'middle';
  return html`<figure class="plot" role="img" aria-label="${label}">
    <svg class="ys" aria-hidden="true">${all.map(value => html`<text x="100%" y="${down(value)}" dy="4" text-anchor="end">${tick(value)}</text>`)}</svg>
    <div class="field"><svg class="grid" aria-hidden="true">${all.map(value => html`<line x1="0" x2="100%" y1="${down(value)}" y2="${down(value)}"/>`)}</svg>
    <svg class="spark" viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true">${lines.map((line, i) => html`
    <path class="line k${i} ${dashed && i > 0 && 'dashed'}" d="${pathOf(x, line.y, [x0, x1], [bottom, top])}"/>`)}</svg></div>
    <svg class="xs" aria-hidden="true">${xs.map(value => html`<text x="${along(value)}" y="12" text-anchor="${anchor(value)}">${dates ? dated(value) : tick(value)}</text>`)}</svg>
    ${(xName || lines.length > 1) && html`<figcaption>${lines.length > 1
      ? lines.map((line, i) => html`<span class="key k${i}">${line.name}</span>`) : ''}${xName && html`<span class="grow"></span><span>${xName}</span>`}</figcaption>`}
  </figure>`;
}
