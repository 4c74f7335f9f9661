// Properties of the chosen layer: what it is, its wiring, every setting with type, default and documentation.
import {formEdits} from './docbar.js';
import {errorsOf, fieldGroup, fieldRow, formState, isSet, keyOf, sentence, wireFields} from './fields.js';
import {icon} from './icons.js';
import {byLayer, hasRow} from './problems.js';
import {html, listen, paint} from './store.js';
import {layerType, layerTypes} from './types.js';
import {counted} from './words.js';
import {wiring, wiringActions} from './wiring.js';

const OUTSIDE = ['name', 'type', 'bottom', 'top']; // shown above, not among the settings of every layer
const TYPE = {name: 'type', type: 'string', repeated: false, required: true, default: null, doc: 'The kind of layer.', values: []};

// place: the panel; doc: the Document. chosen(): index of the chosen layer or null; choose(index): choose another;
// act: {remove(index), move(index, by), failed(error), leave(): back to the picture}. Returns {draw, focusFirst, focusName, focusField, end}.
export function propsPanel(place, doc, {chosen, choose, act}) {
  const state = formState(), wire = {slot: null, at: null, all: true};
  let shown = null, about = null, asking = null, failing = null, types = [];
  layerTypes().then(found => { types = found; }, () => {});

  function draw() {
    const {look} = doc, index = chosen(), layer = look?.layers?.find(one => one.index === index) ?? null;
    if (index !== shown) {
      shown = index;
      failing = null;
      state.forget();
      wire.slot = null;
      place.scrollTop = 0;
    }
    place.setAttribute('aria-label', layer ? `Properties of ${layer.name}` : 'Properties');
    if (!look) return paint(place, html`<p class="waiting">${doc.error?.message ?? 'Reading the net.'}</p>`);
    // While the text is being typed it cannot always be read: the panel then stays as it was.
    place.inert = !look.layers?.length && place.querySelector('section') !== null && !look.graph;
    if (place.inert) return;
    if (index === null || (!layer && look.layers?.length)) return paint(place, netPanel(look));
    if (!layer) return paint(place, html`<header>${handle()}<h2>Properties</h2></header><p class="waiting">They are shown once the text can be read.</p>`);
    if (about?.of !== layer.type && failing !== layer.type) ask(layer.type);
    paint(place, layerPanel(look, layer));
  }

  // Read about a type, then draw; several that ask for the same share one answer.
  function ask(type) {
    if (asking?.type !== type) {
      const answer = layerType(type).then(
        found => { if (asking?.answer === answer) about = {of: type, ...found}; },
        error => { failing = type; act.failed(error); }).finally(() => { if (asking?.answer === answer) asking = null; draw(); });
      asking = {type, answer};
    }
    return asking.answer;
  }

  const handle = () => html`<button type="button" class="sheet-handle" data-do="sheet" data-key="sheet" aria-label="Higher or lower"></button>`;
  const readonly = () => Boolean(doc.look.old_form);

  const nameInput = (path, name, draft, wrong, label) => html`<input class="props-name" data-key="${keyOf(path)}"
    data-field="${JSON.stringify(path)}" data-was="${name ?? ''}" data-set="${name === null ? 0 : 1}"
    value="${draft?.text ?? name ?? ''}" placeholder="no name" aria-label="${label}" title="${path.length > 1 ? 'Rename (F2)' : 'Rename'}" autocomplete="off" autocapitalize="off" spellcheck="false"
    ${readonly() && html`disabled`} ${wrong && html`aria-invalid="true" aria-describedby="p-name-err"`}>`;
  const nameError = wrong => wrong && html`<p class="err" id="p-name-err">${icon('warn')}<span>${wrong}</span></p>`;

  // ---- No layer is chosen: the net itself ----
  function netPanel(look) {
    const {net, layers = []} = look, problems = byLayer(doc.problems);
    const name = look.fields?.name?.text ?? null, draft = state.drafts.get('name'), wrong = draft?.error ?? errorsOf(doc.problems).get('name');
    return html`<header>${handle()}<h2 class="unseen">${net?.name || doc.name}</h2><div class="props-title">${nameInput(['name'], name, draft, wrong, 'Name of the net')}</div>
      <p class="tiny muted">${counted(layers.length, 'layer')}${net?.weights != null && ` · ${counted(net.weights, 'weight')}`}</p>${nameError(wrong)}
      <p class="small muted hint">${layers.length ? 'Choose a layer to see and change its settings.' : 'Add a layer to begin.'}</p></header>
      ${layers.length > 0 && html`<section><h3>Layers</h3><ul class="layer-list">${layers.map(one => html`<li><button type="button" class="k-${one.group} ${!one.included && 'out'}"
        data-do="choose" data-index="${one.index}" data-key="choose ${one.index}"><i class="bar-k"></i><span>${one.name || '(no name)'}</span><small>${one.type}${one.phase && ` · ${one.phase}`}</small>${problems.has(one.index)
        && html`<span class="bad-mark" title="has a problem">${icon('warn')}</span>`}</button></li>`)}</ul></section>`}`;
  }

  // ---- A layer ----
  function layerPanel(look, layer) {
    const known = about?.of === layer.type ? about : null, path = ['layer', layer.index];
    const errors = errorsOf(doc.problems), fields = look.fields ?? {};
    const own = known?.parameters ?? [], common = (known?.common ?? []).filter(one => !OUTSIDE.includes(one.name));
    const more = known ? leftovers(fields, path, [...own, ...common]) : [];
    const rows = [...own, ...common, ...more, ...known?.unknown ? [TYPE] : []];
    const rest = (byLayer(doc.problems).get(layer.index) ?? []).filter(problem => !shownBelow(problem, rows));
    errors.delete(keyOf(path));
    const given = {fields, errors, state, form: 'p', readonly: readonly()};
    const messages = own.filter(one => one.fields && !one.repeated), plain = own.filter(one => !messages.includes(one));
    return html`${heading(look, layer, known, rest)}
      ${known?.unknown && html`<section>${fieldRow({field: {...TYPE, suggest: types.map(one => ({name: one.type, doc: one.doc}))},
        path: [...path, 'type'], value: fields[keyOf([...path, 'type'])]?.text ?? null, error: errors.get(keyOf([...path, 'type'])) ?? null,
        draft: state.drafts.get(keyOf([...path, 'type'])) ?? null, form: 'p'})}</section>`}
      ${wiring({look, layer, wire, errors, readonly: readonly()})}
      ${!known && html`<p class="waiting">Reading the settings of ${layer.type}.</p>`}
      ${plain.length > 0 && html`<section>${fieldGroup({...given, field: {name: 'Settings', fields: plain}, path, hide: []})}</section>`}
      ${messages.map((one, i) => section(given, one, [...path, one.name], i > 0 || plain.length > 0))}
      ${more.length > 0 && html`<section>${fieldGroup({...given, field: {name: 'More in the text', fields: more}, path, most: 99})}</section>`}
      ${known && !own.length && !known.unknown && html`<section><p class="small muted">${layer.type} has no settings of its own.</p></section>`}
      ${common.length > 0 && all(given, common, path)}`;
  }

  function heading(look, layer, known, rest) {
    const {index, name, type, group, plugin, weights, included, phase} = layer, key = `layer.${index}.name`;
    const [first, other] = sentence(known?.doc), open = state.open.has(`about ${type}`), draft = state.drafts.get(key), last = look.layers.length - 1;
    const facts = [plugin && `from ${plugin}`, weights > 0 && counted(weights, 'weight'), layer.loss && 'loss', phase && `${phase} only`]
      .filter(Boolean).join(' · ');
    const off = readonly() && html`disabled`;
    return html`<header class="k-${group}">${handle()}<h2 class="unseen">${name}</h2><div class="props-title">
        ${nameInput(['layer', index, 'name'], name, draft, draft?.error, 'Name of the layer')}
        <button type="button" class="btn icon" data-do="layer-up" data-key="layer-up" ${(index === 0 || readonly()) && html`disabled`}
          title="Earlier in the file" aria-label="Move the layer up">${icon('up')}</button>
        <button type="button" class="btn icon" data-do="layer-down" data-key="layer-down" ${(index === last || readonly()) && html`disabled`}
          title="Later in the file" aria-label="Move the layer down">${icon('down')}</button>
        <button type="button" class="btn icon" data-do="layer-remove" data-key="layer-remove" ${off} title="Remove the layer (Delete)" aria-label="Remove the layer">${icon('trash')}</button></div>
      <div class="kind"><span class="pill type" title="${type}"><span class="dot"></span><span>${type}</span></span><span class="tiny muted">${facts}</span></div>
      ${nameError(draft?.error)}
      </header><div class="lead">
      ${first && html`<p class="small muted about">${first}${other && html` <button type="button" class="link" data-do="about" data-key="about"
        aria-expanded="${String(open)}">${open ? 'Less' : 'More'}</button>`}</p>`}
      ${open && html`<div class="small muted about whole">${known.doc.split(/\n\s*\n/).map((part, i) => html`<p>${i ? part : part.replace(/\s+/g, ' ').slice(first.length)}</p>`)}
        <p>Reads ${known.blobs?.bottom ?? 'any number'} and writes ${known.blobs?.top ?? 'any number'} of blobs.</p></div>`}
      ${known?.unknown && html`<p class="small muted">No plugin that is loaded has this type. Its settings in the text are kept.</p>`}
      ${layer.note && html`<p class="small muted">${layer.note}</p>`}
      ${!included && html`<p class="small muted">Not part of the net in this phase.</p>`}
      ${rest.map(({text, message, hint}) => html`<p class="err"
        role="note">${icon('warn')}<span>${text || message}${hint && hint.length < 200 && html` <span class="muted">${hint}</span>`}</span></p>`)}</div>`;
  }

  // A message of the layer; one with nothing set is a line that unfolds, unless it is the layer's first.
  function section(given, field, path, folds) {
    const id = `section ${field.name}`, busy = isSet(given.fields, path) || [...given.errors.keys()].some(key => key.startsWith(keyOf(path)));
    if (folds && !busy && !state.open.has(id)) {
      return html`<section class="folded"><button type="button" class="fold" data-do="unfold" data-id="${id}" data-key="${id}" aria-expanded="false"
        title="${sentence(field.doc)[0]}">
        ${icon('right')}<span class="mono">${field.name}</span><small>0 of ${field.fields.length} set</small></button></section>`;
    }
    return html`<section>${fieldGroup({...given, field, path})}</section>`;
  }

  function all(given, common, path) {
    const id = 'section common', names = common.map(one => one.name), set = names.filter(name => isSet(given.fields, [...path, name])).length;
    const wrong = names.some(name => [...given.errors.keys()].some(key => key.startsWith(keyOf([...path, name])))), open = state.open.has(id) || wrong;
    return html`<section class="folded"><button type="button" class="fold" data-do="unfold" data-id="${id}" data-key="${id}"
      aria-expanded="${String(open)}">
      ${icon(open ? 'down' : 'right')}<span>All layers have</span><small>${set} of ${names.length} set</small></button>
      ${open && fieldGroup({...given, field: {name: 'layer', fields: common}, path, title: null, first: ['param', 'include', 'loss_weight'], hide: OUTSIDE})}</section>`;
  }

  const isName = path => path[0] === 'layer' && path[2] === 'name' && path.length === 3;
  const edits = formEdits(doc, state, (path, value) => value === null ? {op: 'unset', path}
    : isName(path) ? {op: 'rename_layer', index: path[1], name: value} : {op: 'set', path, value});
  const wired = wireFields(place, {set: edits.set, unset: edits.unset, state, redraw: draw});
  const end = listen(place, {
    choose: at => choose(Number(at.dataset.index)),
    about() { state.toggle(`about ${about.of}`); draw(); },
    unfold(at) { state.toggle(at.dataset.id); draw(); },
    'layer-up': () => act.move(chosen(), -1),
    'layer-down': () => act.move(chosen(), 1),
    'layer-remove': () => act.remove(chosen()),
    ...wiringActions({doc, wire, chosen, choose, draw, failed: act.failed, place}),
  });

  const entered = event => { if (event.key === 'Enter' && event.target.matches?.('.props-name')) act.leave(); };
  place.addEventListener('keydown', entered);
  const find = key => place.querySelector(`[data-key="${CSS.escape(key)}"]`);
  return {
    draw,
    focusFirst: () => (place.querySelector('.f-row input, .f-row select, .chip') ?? place.querySelector('input, select, button:not(.sheet-handle)'))?.focus(),
    focusName() {
      const name = place.querySelector('.props-name');
      name?.focus();
      name?.select();
    },
    // Go to the row of a path, unfolding what it is in; false if there is no row for it.
    async focusField(path) {
      const layer = doc.look?.layers?.[path[1]];
      if (layer && about?.of !== layer.type) await ask(layer.type);
      state.open.add(`section ${path[2]}`);
      draw();
      for (let most = path.length; most > 2; most--) {
        const row = find(keyOf(path.slice(0, most)));
        if (!row) continue;
        row.focus({preventScroll: true});
        row.scrollIntoView({block: 'center'});
        return true;
      }
      return false;
    },
    end() { edits.end(); wired.end(); end(); },
  };
}

// Fields that the text sets and that neither the type nor every layer has, by their names.
function leftovers(fields, path, known) {
  const start = `${keyOf(path)}.`, names = new Set();
  for (const key of Object.keys(fields)) if (key.startsWith(start)) names.add(key.slice(start.length).split('.')[0]);
  for (const {name} of known) names.delete(name);
  for (const name of OUTSIDE) names.delete(name);
  return [...names].map(name => {
    const key = keyOf([...path, name]), inner = fields[key] === undefined && fields[`${key}.0`] === undefined;
    return {name, type: inner ? 'OtherParameter' : 'string', repeated: fields[`${key}.0`] !== undefined, required: false, default: null, doc: '', values: []};
  });
}

function shownBelow({path}, fields) {
  if (!path || path[0] !== 'layer' || path.length < 3) return false;
  return path[2] === 'bottom' || path[2] === 'top' || hasRow(fields, path.slice(2));
}

