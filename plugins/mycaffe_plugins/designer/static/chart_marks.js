// What stands in a chart beside its lines: the values below the cursor, names at the lines' ends.
import {figure, whole} from './words.js';

// A small box with the values at the cursor.
export function addTip(plot, chart) {
  const tip = document.createElement('div');
  tip.className = 'tip';
  tip.hidden = true;
  plot.over.append(tip);
  const show = () => {
    const {idx, left} = plot.cursor;
    tip.hidden = idx == null || left < 0;
    if (tip.hidden) return;
    const {lines, x} = chart.options;
    const at = plot.data[0][idx];
    const head = document.createElement('b');
    head.textContent = x.time ? new Date(at * 1000).toLocaleDateString('en', {dateStyle: 'medium', timeZone: 'UTC'})
      : `${x.name ?? 'x'} ${x.updates ? whole(at) : figure(at, 4)}`;
    const rows = lines.flatMap((line, i) => {
      const value = plot.data[i + 1][idx];
      if (line.untold || value == null) return [];
      const row = document.createElement('span');
      row.className = `key${line.dash ? ' dash' : ''}`;
      row.style.setProperty('--k', `var(${line.color})`);
      row.append(line.tip ?? line.name);
      const number = document.createElement('i');
      number.textContent = figure(value, 3);
      row.append(number);
      return [row];
    });
    tip.replaceChildren(head, ...rows);
    const right = left > plot.over.clientWidth / 2;
    tip.style.left = right ? '' : `${left + 12}px`;
    tip.style.right = right ? `${plot.over.clientWidth - left + 12}px` : '';
  };
  plot.hooks.setCursor = [...plot.hooks.setCursor ?? [], show];
}

export const END = 10; // letters of a name at a line's end

// Names at the lines' last points, pushed apart where they would lie on each other.
export function lineEnds(plot, lines, colour, font) {
  const {ctx, bbox} = plot, ratio = devicePixelRatio;
  const high = 13 * ratio;
  const found = lines.flatMap((line, i) => {
    if (!line.end) return [];
    const column = plot.data[i + 1], [from, to] = plot.series[i + 1].idxs ?? [0, column.length - 1];
    let at = to;
    while (at >= from && column[at] == null) at--;
    if (at < from) return [];
    const y = plot.valToPos(column[at], 'y', true);
    return [{line, x: plot.valToPos(plot.data[0][at], 'x', true), y: Math.min(Math.max(y, bbox.top), bbox.top + bbox.height)}];
  }).sort((a, b) => a.y - b.y);
  found.forEach((one, i) => { if (i) one.y = Math.max(one.y, found[i - 1].y + high); });
  ctx.save();
  ctx.font = font.replace('12px', `600 ${Math.round(11.5 * ratio)}px`);
  ctx.textBaseline = 'middle';
  for (const {line, x, y} of found) {
    ctx.fillStyle = colour(line.color);
    ctx.textAlign = 'left';
    const text = line.end.length > END ? `${line.end.slice(0, END - 1)}…` : line.end;
    ctx.fillText(text, Math.min(x + 5 * ratio, bbox.left + bbox.width + 5 * ratio), y);
  }
  ctx.restore();
}

// Names of vertical lines, above all lines and readable on them.
export function markNames(plot, marks, colour, font) {
  const {ctx, bbox} = plot, ratio = devicePixelRatio;
  ctx.save();
  ctx.font = font.replace('12px', `${Math.round(11 * ratio)}px`);
  ctx.textBaseline = 'top';
  ctx.lineJoin = 'round';
  ctx.lineWidth = 4 * ratio;
  ctx.strokeStyle = colour('--panel');
  ctx.fillStyle = colour('--muted');
  for (const {at, text} of marks) {
    const fits = at + ctx.measureText(text).width + 8 * ratio < bbox.left + bbox.width;
    ctx.textAlign = fits ? 'left' : 'right';
    const x = at + (fits ? 5 : -5) * ratio;
    ctx.strokeText(text, x, bbox.top + 2 * ratio);
    ctx.fillText(text, x, bbox.top + 2 * ratio);
  }
  ctx.restore();
}
