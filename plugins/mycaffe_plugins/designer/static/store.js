// State of a page, without a framework: one store, views that are functions, events by delegation, undo.

export function store(first) {
  let state = first, due = false;
  const views = new Map(); // view -> the part of the state that it drew last
  const run = () => {
    due = false;
    for (const [view, seen] of [...views]) {
      const now = view.pick(state);
      if (views.has(view) && !same(now, seen)) {
        views.set(view, now);
        view.draw(now, state);
      }
    }
  };
  return {
    get: () => state,
    set(change) {
      state = {...state, ...(typeof change === 'function' ? change(state) : change)};
      if (!due) {
        due = true;
        // A hidden page draws no frames, but its views must be right when it is shown again.
        if (document.hidden) setTimeout(run, 50); else requestAnimationFrame(run);
      }
    },
    // Draw now, and again whenever the picked part has changed; returns what ends it.
    view(pick, draw) {
      const view = {pick, draw}, now = pick(state);
      views.set(view, now);
      draw(now, state);
      return () => views.delete(view);
    },
  };
}

const same = (a, b) => a === b
  || (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((x, i) => x === b[i]));

// html`<b title="${t}">${text}</b>`: every value is escaped; only html`` itself, and arrays of it, count as markup.
const ESCAPES = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;'};
class Markup {
  constructor(text) { this.text = text; }
  toString() { return this.text; }
}
const put = value => value instanceof Markup ? value.text
  : Array.isArray(value) ? value.map(put).join('')
  : value == null || value === false ? ''
  : String(value).replace(/[&<>"']/g, c => ESCAPES[c]);
// In an aria-... attribute false is a word, and no value another thing.
const said = (value, before) => value === false && /\saria-[a-z]+="$/.test(before) ? 'false' : put(value);
export const html = (parts, ...values) => new Markup(parts.reduce((all, part, i) => all + said(values[i - 1], parts[i - 1]) + part));
// Markup that is ours, word for word: icons and the like; never anything that was typed or read.
export const trusted = text => new Markup(text);

// A link or button that is pressed must still be there when it is released, or its click is lost: what comes in
// between is painted after it.
let pressed = null;
const waiting = new Map(); // place -> markup
const released = () => {
  pressed = null;
  setTimeout(() => { for (const [place, markup] of [...waiting]) paint(place, markup); });
};
addEventListener('pointerdown', event => { pressed = event.target.closest?.('a, button, label, summary') ?? null; }, true);
for (const kind of ['click', 'pointercancel', 'dragend']) addEventListener(kind, released, true);
addEventListener('pointerup', () => setTimeout(released), true);

// Put markup into an element and keep what the user has there: focus, selection, typed text, scroll position.
// An element that should be found again has data-key.
export function paint(place, markup) {
  waiting.delete(place);
  const text = put(markup);
  if (place.painted === text) return;
  if (pressed && place.contains(pressed)) {
    waiting.set(place, markup);
    return;
  }
  place.painted = text;
  const had = place.contains(document.activeElement) && document.activeElement !== place ? document.activeElement : null;
  const key = had && (had.dataset.key || had.id);
  const typed = had && 'selectionStart' in had && had.dataset.live !== undefined
    ? [had.selectionStart, had.selectionEnd, had.value] : null;
  const range = had && 'selectionStart' in had ? [had.selectionStart, had.selectionEnd] : null;
  const top = place.scrollTop, left = place.scrollLeft;
  place.innerHTML = text;
  place.scrollTop = top;
  place.scrollLeft = left;
  if (!key) return;
  const again = place.querySelector(`[data-key="${CSS.escape(key)}"]`) || place.querySelector(`#${CSS.escape(key)}`);
  if (!again) return;
  again.focus({preventScroll: true});
  if (typed) {
    again.value = typed[2];
    again.dataset.live = ''; // it is still being typed: the next paint keeps it as well
  }
  if (range) {
    try { again.setSelectionRange(range[0], range[1]); } catch { /* a field without a selection */ }
  }
}

// <button data-do="stop" data-run="003">: one listener for a root element; actions = {stop(element, event) {}}.
// data-change, data-input, data-dblclick, data-keydown, data-submit name actions for these events.
export function listen(root, actions) {
  const kinds = ['click', 'change', 'input', 'dblclick', 'keydown', 'submit'];
  const heard = event => {
    const attribute = event.type === 'click' ? 'do' : event.type;
    const at = event.target.closest?.(`[data-${attribute}]`);
    const action = at && root.contains(at) && actions[at.dataset[attribute]];
    if (action && !at.disabled) action(at, event);
  };
  for (const kind of kinds) root.addEventListener(kind, heard);
  return () => kinds.forEach(kind => root.removeEventListener(kind, heard));
}

// Undo: whole texts are cheap (a model is 1 to 100 kB) and cannot go wrong.
export function history(first, most = 300) {
  let past = [], now = first, next = [];
  return {
    now: () => now,
    can: () => ({undo: past.length > 0, redo: next.length > 0}),
    push(text) {
      if (text === now) return;
      past.push(now);
      if (past.length > most) past.shift();
      now = text;
      next = [];
    },
    // Typing: the newest state is replaced, so that one undo takes back a word and not a letter.
    replace(text) { now = text; next = []; },
    undo() { if (past.length) { next.push(now); now = past.pop(); } return now; },
    redo() { if (next.length) { past.push(now); now = next.pop(); } return now; },
    reset(text) { past = []; next = []; now = text; },
  };
}
