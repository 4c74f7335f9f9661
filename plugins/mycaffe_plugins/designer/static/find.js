// Find a layer by its name, type or blobs: a box over the picture; Enter brings the layer to the middle.
import {icon} from './icons.js';
import {html, listen, paint} from './store.js';
import {counted} from './words.js';

const MOST = 60;

// place: where to put the box; layers(): those of the look; pick(index): go to it; closed(): give the focus back.
// Returns {open, close, isOpen}.
export function finder(place, {layers, pick, closed}) {
  const box = document.createElement('div');
  box.className = 'find';
  box.hidden = true;
  box.setAttribute('role', 'search');
  place.append(box);
  let found = [], at = 0, asked = '';

  function draw() {
    found = search(layers(), asked);
    at = Math.max(0, Math.min(at, found.length - 1));
    const shown = found.slice(0, MOST);
    paint(box, html`<div class="find-line">${icon('search')}<input data-key="find" data-live data-input="find" data-keydown="find-key"
      value="${asked}" placeholder="Name, type or blob" aria-label="Find a layer"
        role="combobox" aria-expanded="${String(found.length > 0)}" aria-controls="find-list" aria-autocomplete="list"
          ${found.length && html`aria-activedescendant="find-${at}"`} autocomplete="off" autocapitalize="off" spellcheck="false">
      <button type="button" class="btn icon" data-do="find-close" data-key="find-close" aria-label="Close">${icon('x')}</button></div>
      ${asked && !found.length ? html`<p class="none" role="status">No layer is called “${asked}”.</p>` : ''}
      <ul role="listbox" id="find-list" aria-label="Layers found" ${!asked && html`hidden`}>${asked && shown.map((layer, i) => html`<li
        role="option" id="find-${i}" class="k-${layer.group}" aria-selected="${String(i === at)}" data-do="find-pick" data-at="${i}">
        <i class="bar-k"></i><span>${marked(layer.name, asked)}</span><small>${layer.type}${layer.why && html` · ${layer.why}`}</small></li>`)}</ul>
      ${asked && found.length > MOST ? html`<p class="none">${counted(found.length - MOST, 'more layer')}</p>` : ''}`);
    box.querySelector('[aria-selected=true]')?.scrollIntoView({block: 'nearest'});
  }

  const go = index => { pick(found[index].index); close(); };
  function close() {
    if (box.hidden) return;
    box.hidden = true;
    closed();
  }
  listen(box, {
    find(input) { asked = input.value; at = 0; draw(); },
    'find-pick': option => go(Number(option.dataset.at)),
    'find-close': close,
    'find-key'(input, event) {
      const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
      if (step && found.length) {
        event.preventDefault();
        at = (at + step + Math.min(found.length, MOST)) % Math.min(found.length, MOST);
        draw();
      } else if (event.key === 'Enter' && found.length) {
        event.preventDefault();
        go(at);
      } else if (event.key === 'Escape') {
        event.preventDefault();
        event.stopPropagation();
        close();
      }
    },
  });
  box.addEventListener('focusout', event => { if (!asked && !box.contains(event.relatedTarget)) box.hidden = true; });
  return {
    close,
    open() {
      box.hidden = false;
      box.painted = null;
      draw();
      const input = box.querySelector('input');
      input.focus();
      input.select();
    },
  };
}

// Layers that hold all the words, best first: names that begin with them, names, types, blobs.
export function search(layers, asked) {
  const words = asked.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  const rank = layer => {
    const name = layer.name.toLowerCase(), type = layer.type.toLowerCase();
    const blobs = [...layer.bottoms, ...layer.tops.map(top => top.blob)];
    let worst = 0, why = '';
    for (const word of words) {
      const blob = blobs.find(one => one.toLowerCase().includes(word));
      const now = name === word ? 0 : name.startsWith(word) ? 1 : name.includes(word) ? 2 : type.includes(word) ? 3 : blob !== undefined ? 4 : 9;
      if (now === 4) why = layer.bottoms.includes(blob) ? `reads ${blob}` : `writes ${blob}`;
      worst = Math.max(worst, now);
    }
    return {...layer, rank: worst, why};
  };
  return layers.map(rank).filter(one => one.rank < 9).sort((a, b) => a.rank - b.rank || a.index - b.index);
}

function marked(name, asked) {
  const word = asked.trim().split(/\s+/)[0] ?? '', from = name.toLowerCase().indexOf(word.toLowerCase());
  if (!word || from < 0) return name;
  return html`${name.slice(0, from)}<mark>${name.slice(from, from + word.length)}</mark>${name.slice(from + word.length)}`;
}
