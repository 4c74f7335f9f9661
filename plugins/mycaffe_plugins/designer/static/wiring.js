// What a layer reads and writes, as chips; one that is pressed can be connected to another blob, renamed or disconnected.
import {icon} from './icons.js';
import {html} from './store.js';

const SLOTS = [['bottom', 'reads', 'Read another blob'], ['top', 'writes', 'Write another blob']];
export const shapeText = shape => shape == null ? '' : shape.length ? shape.join('×') : 'scalar';

// wire: {slot, at, all}: which chip is open; `at` null: a new one.
export function wiring({look, layer, wire, errors, readonly}) {
  const shapes = shapesBefore(look, layer);
  const blobs = {
    bottom: layer.bottoms.map(blob => ({blob, shape: shapes.get(blob)})),
    top: layer.tops,
  };
  return html`<section class="wiring"><h3>Wiring</h3><div class="wires">${SLOTS.map(([slot, word, more]) => html`<span class="muted small">${word}</span><span class="chips">
    ${blobs[slot].map(({blob, shape}, at) => {
      const open = wire.slot === slot && wire.at === at, key = `layer.${layer.index}.${slot}`;
      const wrong = errors.get(`${key}.${at}`) ?? (at === 0 ? errors.get(key) : null);
      return html`<button type="button" class="chip ${wrong && 'bad'} ${open && 'open'}" data-do="wire" data-slot="${slot}" data-at="${at}"
        data-key="wire ${slot} ${at}" aria-expanded="${String(open)}"
        ${readonly && html`disabled`} title="${wrong || blob}"><span>${blob}</span>${shape && html`<small>${shapeText(shape)}</small>`}</button>`;
    })}
    ${!readonly && html`<button type="button" class="chip plus" data-do="wire" data-slot="${slot}" data-at="" data-key="wire ${slot}"
      aria-expanded="${String(wire.slot === slot && wire.at === null)}"
      title="${more}" aria-label="${more}">${icon('plus')}</button>`}</span>
    ${wire.slot === slot && editing(look, blobs, wire)}${wrongOf(errors, layer, slot)}`)}</div></section>`;
}

function editing(look, blobs, {slot, at, all, error}) {
  const now = at === null ? '' : blobs[slot][at]?.blob ?? '', readers = slot === 'top' && at !== null;
  const known = (look.blobs ?? []).filter(blob => blob !== now);
  const label = slot === 'bottom' ? (at === null ? 'Blob to read' : `Read instead of ${now}`) : at === null ? 'Blob to write' : `New name of ${now}`;
  return html`<div class="wire-edit"><label for="wire-blob">${label}</label>
    <div class="wire-line"><input class="in mono" id="wire-blob" data-key="wire-blob" data-change="wire-set" data-keydown="wire-key" value="${now}" list="wire-known" autocomplete="off"
      autocapitalize="off" spellcheck="false" placeholder="name of a blob" ${error && html`aria-invalid="true" aria-describedby="wire-err"`}>
    <datalist id="wire-known">${known.map(blob => html`<option value="${blob}"></option>`)}</datalist>
    ${at !== null && html`<button type="button" class="btn" data-do="wire-drop" data-key="wire-drop">Disconnect</button>`}</div>
    ${error && html`<p class="err" id="wire-err">${icon('warn')}<span>${error}</span></p>`}
    ${readers && html`<label class="tick"><input type="checkbox" data-key="wire-all" data-change="wire-all"
      ${all && html`checked`}>Layers that read it follow</label>`}</div>`;
}

function wrongOf(errors, layer, slot) {
  const start = `layer.${layer.index}.${slot}`;
  return [...errors].filter(([key]) => key === start || key.startsWith(`${start}.`)).map(([, text]) => html`<p class="err wide">${icon('warn')}<span>${text}</span></p>`);
}

// Shapes of blobs as a layer finds them: a blob may be written again by a layer after it.
function shapesBefore(look, layer) {
  const shapes = new Map();
  for (const one of look.layers) {
    if (one.index >= layer.index) break;
    if (one.included) for (const {blob, shape} of one.tops) shapes.set(blob, shape);
  }
  return shapes;
}

// Actions of the chips for listen().
export function wiringActions({doc, wire, chosen, draw, failed, place}) {
  const close = slot => {
    const back = `wire ${wire.slot}${wire.at === null ? '' : ` ${wire.at}`}`;
    Object.assign(wire, {slot: null, at: null, error: null, sent: null});
    draw();
    if (slot) (place.querySelector(`[data-key="${back}"]`) ?? place.querySelector(`[data-key="wire ${slot}"]`))?.focus();
  };
  const edit = async (...operations) => {
    const {slot} = wire;
    try {
      await doc.edit(...operations);
      close(slot);
    } catch (error) {
      if (error.status === undefined) throw error;
      if (wire.slot) { wire.error = error.errors?.[''] || error.message; draw(); wire.sent = null; } else failed(error);
    }
  };
  const nowOf = () => {
    const layer = doc.look.layers.find(one => one.index === chosen());
    return wire.at === null ? null : wire.slot === 'bottom' ? layer?.bottoms[wire.at] : layer?.tops[wire.at]?.blob;
  };
  const send = input => {
    const blob = input.value.trim(), {slot, at, all} = wire, index = chosen(), now = nowOf();
    // Enter sends; the repaint after it removes the field, which the browser reports as a change.
    if (!slot || !blob || blob === now || blob === wire.sent) return;
    wire.sent = blob;
    edit(slot === 'top' && at !== null && all ? {op: 'rename_blob', from: now, to: blob} : {op: 'connect', index, slot, blob, at});
  };
  return {
    wire({dataset: {slot, at}}) {
      const place_ = at === '' ? null : Number(at);
      if (wire.slot === slot && wire.at === place_) return close(slot);
      Object.assign(wire, {slot, at: place_, all: true, error: null, sent: null});
      draw();
      const input = place.querySelector('#wire-blob');
      input?.focus();
      input?.select();
    },
    'wire-set': send,
    'wire-key'(input, event) {
      if (event.key === 'Enter') { event.preventDefault(); send(input); }
      if (event.key === 'Escape') { event.preventDefault(); event.stopPropagation(); close(wire.slot); }
    },
    'wire-all'(box) { wire.all = box.checked; draw(); },
    'wire-drop': () => edit({op: 'disconnect', index: chosen(), slot: wire.slot, at: wire.at}),
  };
}
