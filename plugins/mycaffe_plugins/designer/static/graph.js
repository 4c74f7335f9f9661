// The net as a picture: cards, chips and wires in SVG, moved and zoomed by one transform; keys walk along the wires.
import {html, paint} from './store.js';
import {icon} from './icons.js';
import {counted} from './words.js';

const LEAST = 0.04, MOST = 3;   // zoom
const READABLE = 0.5;           // a net that would be smaller than this is opened at its top, at OPENED, instead of whole
const OPENED = 0.75;
const FAR = 0.25;               // below this cards are blocks of their group's colour, without texts
const EDGE = 28;                // px kept free around a net that is fitted

// place: the element to fill. select(index), open(index): a layer was chosen, or shall be edited.
// Returns {draw, select, fit, zoom, reveal, focus, end}.
export function netGraph(place, {select, open}) {
  place.innerHTML = `<svg class="net" role="tree" aria-label="Layers" tabindex="-1"><g></g></svg>`;
  const svg = place.querySelector('svg'), group = svg.firstElementChild;
  const bar = document.createElement('div');
  bar.className = 'zoom';
  bar.setAttribute('role', 'group');
  bar.setAttribute('aria-label', 'Zoom');
  paint(bar, html`<button class="btn icon" data-zoom="out" title="Zoom out (-)" aria-label="Zoom out">${icon('minus')}</button>
    <output class="tiny num muted">100%</output>
    <button class="btn icon" data-zoom="in" title="Zoom in (+)" aria-label="Zoom in">${icon('plus')}</button>
    <button class="btn icon" data-zoom="fit" title="Fit the window (0)" aria-label="Fit the window">${icon('fit')}</button>`);
  place.append(bar);

  let graph = null, chosen = null, at = {x: 0, y: 0, k: 1}, placed = false, fitted = true, wide = 0, high = 0;
  let parts = new Map();        // index -> {card, chip, cx, cy}: what is drawn of a layer

  // ---- Position ----
  const apply = () => {
    group.classList.toggle('far', at.k < FAR);
    group.setAttribute('transform', `translate(${at.x.toFixed(2)} ${at.y.toFixed(2)}) scale(${at.k.toFixed(4)})`);
    place.style.setProperty('--dots', `${at.x.toFixed(1)}px ${at.y.toFixed(1)}px`);
    bar.querySelector('output').textContent = `${Math.round(at.k * 100)}%`;
  };
  const measure = () => { wide = place.clientWidth; high = place.clientHeight; };
  const limited = k => Math.min(MOST, Math.max(LEAST, k));
  function move(to, {glide = false} = {}) {
    at = to;
    group.classList.toggle('glide', glide);
    apply();
  }
  function fit({whole = true} = {}) {
    if (!graph?.cards.length) return;
    measure();
    if (!wide || !high) { placed = false; return; }
    const all = Math.min((wide - 2 * EDGE) / graph.w, (high - 2 * EDGE) / graph.h, 1.2);
    if (whole || all >= READABLE) {
      const k = limited(all);
      fitted = true;
      move({k, x: (wide - graph.w * k) / 2, y: (high - graph.h * k) / 2}, {glide: placed});
    } else {
      const first = parts.get(chosen)?.card ?? graph.cards[0], k = OPENED;
      fitted = false;
      move({k, x: wide / 2 - (first.x + first.w / 2) * k, y: EDGE - (first.y - 12) * k});
    }
    placed = true;
  }
  function zoom(factor, x = wide / 2, y = high / 2, glide = false) {
    const k = limited(at.k * factor), f = k / at.k;
    fitted = false;
    move({k, x: x - (x - at.x) * f, y: y - (y - at.y) * f}, {glide});
  }
  // Bring a layer into view: to the middle, or by the least way if it is outside.
  function reveal(index, {middle = false} = {}) {
    const part = parts.get(index);
    if (!part) return;
    measure();
    const k = middle ? Math.max(at.k, 0.8) : at.k, {x, y, w, h} = part.box;
    const left = at.x + x * k, top = at.y + y * k, room = 16;
    if (middle) {
      fitted = false;
      return move({k, x: wide / 2 - (x + w / 2) * k, y: high / 2 - (y + h / 2) * k}, {glide: true});
    }
    const push = (from, size, all) => from < room ? room - from : from + size > all - room ? Math.max(all - room - from - size, room - from) : 0;
    const dx = push(left, w * k, wide), dy = push(top, h * k, high);
    if (dx || dy) move({k, x: at.x + dx, y: at.y + dy}, {glide: true});
  }

  // ---- Drawing ----
  function draw(look, problems) {
    const before = chosen !== null && graph ? parts.get(chosen)?.card : null;
    const anchor = before && {x: at.x + before.x * at.k, y: at.y + before.y * at.k};
    const first = !graph;
    graph = look.graph;
    parts = new Map();
    for (const card of graph.cards) {
      parts.set(card.index, {card, chip: null, box: card});
      for (const chip of card.chips) parts.set(chip.index, {card, chip, box: card});
    }
    const layers = new Map(look.layers.map(one => [one.index, one]));
    svg.setAttribute('aria-label', `Layers of ${look.net?.name || 'the net'}`);
    paint(group, html`<g aria-hidden="true">${graph.wires.map(wire)}</g>${graph.cards.map(card => cardOf(card, layers, problems))}
      <g aria-hidden="true">${graph.wires.map(label)}</g>`);
    mark();
    if (first || !placed) return fit({whole: false});
    const now = chosen === null ? null : parts.get(chosen)?.card;
    // A net that was whole in the window stays whole; else what is chosen stays where it is.
    if (fitted && (at.x < 0 || at.y < 0 || at.x + graph.w * at.k > wide || at.y + graph.h * at.k > high)) fit();
    else if (anchor && now && !fitted) move({k: at.k, x: anchor.x - now.x * at.k, y: anchor.y - now.y * at.k});
  }

  function mark() {
    const own = parts.get(chosen)?.card ?? null;
    for (const one of group.querySelectorAll('.on')) one.classList.remove('on');
    let stop = null;
    for (const one of group.querySelectorAll('[data-layer]')) {
      const mine = Number(one.dataset.layer) === chosen;
      one.setAttribute('aria-selected', String(mine));
      one.setAttribute('tabindex', mine ? '0' : '-1');
      if (mine) stop = one;
    }
    if (!stop) group.querySelector('[data-layer]')?.setAttribute('tabindex', '0');
    if (!own) return;
    const inside = new Set([own.index, ...own.chips.map(chip => chip.index)]);
    graph.wires.forEach((one, i) => {
      if (!inside.has(one.from) && !inside.has(one.to)) return;
      for (const part of group.querySelectorAll(`[data-wire="${i}"]`)) part.classList.add('on');
    });
    stop?.classList.add('on');
    if (stop?.classList.contains('pin')) stop.parentNode.querySelector('.card').classList.add('on');
  }

  // ---- Pointer: drag, pinch, wheel ----
  const pointers = new Map();
  let dragged = 0, gap = 0;
  const spot = event => { const box = place.getBoundingClientRect(); return {x: event.clientX - box.left, y: event.clientY - box.top}; };
  const spread = () => { const [a, b] = [...pointers.values()]; return Math.hypot(a.x - b.x, a.y - b.y); };
  const heard = {
    pointerdown(event) {
      if (event.button || event.target.closest('.zoom, .find, .canvas-note')) return;
      measure();
      pointers.set(event.pointerId, spot(event));
      if (pointers.size === 1) dragged = 0; else { gap = spread(); dragged = 99; }
    },
    pointermove(event) {
      const last = pointers.get(event.pointerId);
      if (!last) return;
      const now = spot(event);
      pointers.set(event.pointerId, now);
      if (pointers.size === 2) {
        const [a, b] = [...pointers.values()], wider = spread();
        zoom(wider / (gap || wider), (a.x + b.x) / 2, (a.y + b.y) / 2);
        gap = wider;
      }
      const share = 1 / pointers.size, dx = (now.x - last.x) * share, dy = (now.y - last.y) * share;
      dragged += Math.abs(dx) + Math.abs(dy);
      if (dragged < 4) return;
      if (!place.classList.contains('dragging')) { place.classList.add('dragging'); place.setPointerCapture(event.pointerId); }
      fitted = false;
      move({k: at.k, x: at.x + dx, y: at.y + dy});
    },
    pointerup(event) {
      pointers.delete(event.pointerId);
      gap = 0;
      if (!pointers.size) place.classList.remove('dragging');
    },
    pointercancel(event) { heard.pointerup(event); },
    wheel(event) {
      if (event.target.closest('.find, .canvas-note')) return;
      event.preventDefault();
      measure();
      const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? high : 1;
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        fitted = false;
        const dx = event.deltaX || event.deltaY;
        return move({k: at.k, x: at.x - dx * unit, y: at.y});
      }
      const {x, y} = spot(event);
      zoom(Math.exp(-Math.max(-60, Math.min(60, event.deltaY * unit)) * (event.ctrlKey ? 0.01 : 0.004)), x, y);
    },
    click(event) {
      const button = event.target.closest('[data-zoom]');
      if (button) return button.dataset.zoom === 'fit' ? fit() : zoom(button.dataset.zoom === 'in' ? 1.25 : 0.8, wide / 2, high / 2, true);
      if (dragged >= 4) return;
      const layer = event.target.closest('[data-layer]');
      if (layer) { focus(Number(layer.dataset.layer)); select(Number(layer.dataset.layer)); }
      else if (event.target.closest('svg.net')) select(null);
    },
    keydown(event) {
      const layer = event.target.closest?.('[data-layer]');
      if (!layer || event.ctrlKey || event.metaKey || event.altKey) return;
      const index = Number(layer.dataset.layer), {key} = event;
      if (key === 'Enter' || key === ' ') { event.preventDefault(); select(index); return open(index); }
      const to = key === 'Home' || key === 'End' ? end(key === 'End') : key.startsWith('Arrow') ? neighbour(graph, parts, index, key.slice(5)) : null;
      if (key.startsWith('Arrow') || key === 'Home' || key === 'End') event.preventDefault();
      if (to === null || to === undefined) return;
      select(to);
      focus(to);
      reveal(to);
    },
  };
  for (const [kind, hear] of Object.entries(heard)) place.addEventListener(kind, hear, {passive: false});
  const end = last => [...parts.keys()].sort((a, b) => a - b).at(last ? -1 : 0);
  const focus = index => group.querySelector(`[data-layer="${index ?? ''}"]`)?.focus({preventScroll: true});

  const watcher = new ResizeObserver(() => {
    const was = [wide, high];
    measure();
    if (!graph || !wide || !high || (was[0] === wide && was[1] === high)) return;
    if (!placed || fitted) return fit({whole: placed});
    move({k: at.k, x: at.x + (wide - was[0]) / 2, y: at.y});
    if (chosen !== null) reveal(chosen);
  });
  watcher.observe(place);

  return {
    draw, fit, reveal,
    zoom: factor => { measure(); zoom(factor, wide / 2, high / 2, true); },
    select(index) { chosen = index; if (graph) mark(); },
    focus: index => { const stop = group.querySelector('[data-layer][tabindex="0"]'); if (parts.has(index)) focus(index); else stop?.focus({preventScroll: true}); },
    shows: index => parts.has(index),
    end() { watcher.disconnect(); },
  };
}

const wire = (one, i) => html`<path class="wire" data-wire="${i}" d="${one.d}"/>`;
const label = ({label: at, shape}, i) => at && html`<text class="lab" data-wire="${i}" x="${at.x}" y="${at.y}"
  text-anchor="${at.anchor}">${at.text}${shape && html`<tspan class="sh" x="${at.x}" y="${at.shape_y}">${shape}</tspan>`}</text>`;

// The whole name of a card on which it is shortened, or hidden by the size of the net.
const whole = ({name, type}, title, subtitle) => (title !== name || subtitle !== type) && html`<title>${name}, ${type}</title>`;
// All ports of a card in one path: a net of 100 cards has 400 of them.
const ports = all => all.length > 0 && html`<path class="port" d="${all.map(({x, y}) => `M${x - 4} ${y}a4 4 0 1 0 8 0a4 4 0 1 0-8 0`).join('')}"/>`;

function cardOf(card, layers, problems) {
  const wrong = problems.get(card.index)?.length ?? 0, {x, y, w, h} = card;
  const inner = y + h - 11;
  return html`<g class="holder k-${card.group}"><g class="card ${wrong > 0 && 'bad'} ${card.loss && 'loss'}" role="treeitem" tabindex="-1"
      data-layer="${card.index}" data-key="layer ${card.index}" aria-selected="false" aria-label="${spoken(card, layers, wrong)}">${whole(card, card.title, card.subtitle)}<rect class="b" x="${x}" y="${y}" width="${w}" height="${h}" rx="10"/>
    <rect class="k" x="${x + 9}" y="${y + 11}" width="4" height="${inner - y - 11}" rx="2"/>
    <text class="n" x="${x + 24}" y="${y + 26}">${card.title ?? card.name}</text><text class="t" x="${x + 24}" y="${y + 45}">${card.subtitle ?? card.type}</text>
    ${card.lines.map((line, i) => html`<text class="p" x="${x + 24}" y="${y + 63 + 16 * i}">${line}</text>`)}
    ${card.phase && html`<text class="ph" x="${x + w - 14}" y="${y + 25}" text-anchor="end">${card.phase}</text>`}
    ${ports([...card.ports.in, ...card.ports.out])}
    ${wrong > 0 && alarm(x + w, y)}</g>
    ${card.chips.map(chip => chipOf(chip, layers, problems))}</g>`;
}

function chipOf(chip, layers, problems) {
  const wrong = problems.get(chip.index)?.length ?? 0, {x, y, w, h} = chip;
  return html`<g class="pin k-${chip.group} ${wrong > 0 && 'bad'}" role="treeitem" tabindex="-1" data-layer="${chip.index}"
      data-key="layer ${chip.index}" aria-selected="false" aria-label="${spoken(chip, layers, wrong)}"><title>${chip.name}, ${chip.type}</title><rect x="${x}" y="${y}" width="${w}" height="${h}" rx="${h / 2}"/>
    <text x="${x + w / 2}" y="${y + 13.5}" text-anchor="middle">${chip.text ?? chip.type}</text>${wrong > 0 && alarm(x + w - 2, y + 2, 6)}</g>`;
}

const alarm = (x, y, r = 9) => html`<g class="alarm"><circle cx="${x}" cy="${y}" r="${r}"/>
  <path d="M${x} ${y - r * .5}v${r * .55}M${x} ${y + r * .45}v.01"/></g>`;

const listed = names => names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

function spoken({index, name, type}, layers, wrong) {
  const layer = layers.get(index);
  const bottoms = layer?.bottoms ?? [], tops = (layer?.tops ?? []).map(top => top.blob);
  return [name, type, bottoms.length && `reads ${listed(bottoms)}`, tops.length && `writes ${listed(tops)}`,
    wrong && counted(wrong, 'problem')].filter(Boolean).join(', ');
}

// The layer that an arrow key leads to: up and down along the wires and through the chips of a card, left and right in a row.
function neighbour(graph, parts, index, way) {
  const {card, chip} = parts.get(index) ?? {};
  if (!card) return null;
  const row = [card.index, ...card.chips.map(one => one.index)], step = row.indexOf(index);
  const middle = one => one.x + one.w / 2;
  const cardFor = other => parts.get(other)?.card;
  const nearest = cards => cards.sort((a, b) => Math.abs(middle(a) - middle(card)) - Math.abs(middle(b) - middle(card)))[0];
  if (way === 'Down') {
    if (step < row.length - 1) return row[step + 1];
    const to = graph.wires.filter(one => row.includes(one.from) && one.to !== null).map(one => cardFor(one.to)).filter(one => one && one !== card);
    return nearest(to)?.index ?? null;
  }
  if (way === 'Up') {
    if (step > 0) return row[step - 1];
    const from = graph.wires.filter(one => row.includes(one.to) && one.from !== null).map(one => cardFor(one.from)).filter(one => one && one !== card);
    const near = nearest(from);
    return near ? near.chips.at(-1)?.index ?? near.index : null;
  }
  const side = way === 'Right' ? 1 : -1;
  if (chip) return row[step + side] ?? null;
  const level = graph.cards.filter(one => one.y < card.y + card.h && one.y + one.h > card.y && (middle(one) - middle(card)) * side > 1);
  return level.sort((a, b) => (middle(a) - middle(b)) * side)[0]?.index ?? null;
}
