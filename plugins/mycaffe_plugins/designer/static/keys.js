// Keys. A view says which it has; single keys do nothing while a field has the focus.
import {html, paint} from './store.js';

const bound = []; // newest last: [{key, act, text}]

// keysOf({'ctrl+s': ['Save', act], '/': ['Find a layer', act]}) -> what ends it. act returns false to let the key through.
export function bindKeys(keys) {
  bound.push(keys);
  return () => bound.splice(bound.indexOf(keys), 1);
}

const nameOf = event => {
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push('ctrl');
  if (event.altKey) parts.push('alt');
  if (event.shiftKey && event.key.length > 1) parts.push('shift');
  if (event.shiftKey && event.key.length === 1 && parts.length) parts.push('shift');
  parts.push(event.key.length === 1 ? event.key.toLowerCase() : event.key);
  return parts.join('+');
};

const isField = at => at?.closest?.('input, textarea, select, [contenteditable]');

export function startKeys() {
  document.addEventListener('keydown', event => {
    if (!event.key) return; // a browser that fills in a form
    const name = nameOf(event);
    const single = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (event.defaultPrevented || (single && isField(event.target)) || document.querySelector('dialog[open]')) return;
    if (name === '?') { showKeys(); event.preventDefault(); return; }
    for (const keys of [...bound].reverse()) {
      if (keys[name]) {
        if (keys[name][1](event) !== false) event.preventDefault();
        return;
      }
    }
  });
}

const SHOWN = {ctrl: 'Ctrl', shift: 'Shift', alt: 'Alt', ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→'};
const shown = name => name.split('+').map(part => SHOWN[part] ?? (part.length === 1 ? part.toUpperCase() : part)).join(' ');

function showKeys() {
  const dialog = document.createElement('dialog');
  dialog.className = 'narrow';
  dialog.setAttribute('aria-labelledby', 'keys-title');
  const rows = new Map([['?', 'All keys']]);
  for (const keys of bound) for (const [name, [text]] of Object.entries(keys)) if (text) rows.set(name, text);
  paint(dialog, html`<header><h1 id="keys-title">Keys</h1></header><div class="body"><table class="plain"><tbody>
    ${[...rows].map(([name, text]) => html`<tr><td><kbd>${name === '+' ? '+' : shown(name)}</kbd></td><td>${text}</td></tr>`)}
    </tbody></table></div><footer><div class="grow"></div><form method="dialog"><button class="btn primary">Close</button></form></footer>`);
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
