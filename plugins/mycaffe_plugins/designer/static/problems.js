// Problems of a net: by layer, which of them a form shows at a field, and the list behind "2 problems".
import {problemsList} from './docbar.js';
import {paint} from './store.js';

// index -> problems of that layer
export function byLayer(problems) {
  const layers = new Map();
  for (const problem of problems) {
    const index = layerOf(problem);
    if (index !== null) layers.set(index, [...layers.get(index) ?? [], problem]);
  }
  return layers;
}

export const layerOf = ({index, path}) => index ?? (path?.[0] === 'layer' && Number.isInteger(path[1]) ? path[1] : null);

// Whether the rows made from `fields` (of a layer) have one for the path below it, or a group.
export function hasRow(fields, [name, ...rest]) {
  const field = fields.find(one => one.name === name);
  if (!field) return false;
  const inner = Number.isInteger(rest[0]) ? rest.slice(1) : rest;
  return !inner.length || (field.fields ? hasRow(field.fields, inner) : false);
}

// The list of all problems below its button. Returns {draw, toggle, close}.
export function problemPopup(place, doc, changed) {
  let open = false;
  const draw = () => {
    if (!doc.problems.length) open = false;
    place.hidden = !open;
    if (open) paint(place, problemsList(doc));
  };
  const set = now => {
    if (now === open) return;
    open = now;
    draw();
    changed();
  };
  return {
    draw,
    isOpen: () => open,
    close: () => set(false),
    toggle() {
      set(!open);
      if (open) place.querySelector('button')?.focus();
    },
  };
}
