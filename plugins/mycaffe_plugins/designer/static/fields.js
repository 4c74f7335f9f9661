// A field of a schema as a row with its control, a message as a group of rows: layers, solvers, gyms and trainers.
// A field is a dict as /api/types gives it; a path is a list of names and indices; a key is the path joined by ".".
import {icon} from './icons.js';
import {html} from './store.js';

export const keyOf = path => path.join('.');

// What a form remembers while it is open: which parts are unfolded, texts that were refused, rows that stay in their place.
export function formState() {
  return {
    open: new Set(),
    drafts: new Map(), // key -> {text, error}: typed, but refused
    shown: new Map(),  // key of a group -> names of the rows above "more settings"
    toggle(id) { if (!this.open.delete(id)) this.open.add(id); },
    forget() { this.drafts.clear(); this.shown.clear(); },
  };
}

// The text of a field as `fields` of the server's look has it; repeated scalars as "a, b, c"; null where it is not set.
export function valueOf(fields, field, path) {
  const key = keyOf(path);
  if (fields[key]) return fields[key].text;
  if (!field.repeated) return null;
  const found = [];
  while (fields[`${key}.${found.length}`]) found.push(fields[`${key}.${found.length}`].text);
  return found.length ? found.join(', ') : null;
}

// Messages of problems by key. Those of one element of a list count for its field; those without a path are left out.
export function errorsOf(problems) {
  const errors = new Map();
  for (const {path, text, message} of problems) {
    if (!path) continue;
    const key = keyOf(path);
    errors.set(key, errors.has(key) ? `${errors.get(key)}; ${text || message}` : text || message);
  }
  return errors;
}

const anySet = (fields, key) => Object.keys(fields).some(other => other === key || other.startsWith(`${key}.`));
export const isSet = (fields, path) => anySet(fields, keyOf(path));
const errorBelow = (errors, key) => [...errors.keys()].some(other => other === key || other.startsWith(`${key}.`));
const isMessage = field => Boolean(field.fields) || /^[A-Z]\w*Parameter$/.test(field.type) && !field.values?.length;
const isBool = field => field.type === 'bool' && !field.repeated;
const isNumber = field => /^(u?int|s?fixed|sint|float|double)/.test(field.type);
const slug = (form, key) => `${form}-${key.replace(/[^\w.-]/g, '_')}`;

export function typeWord(field) {
  const word = field.values?.length ? 'choice' : field.type === 'string' ? 'text' : field.type === 'bool' ? 'yes or no' : field.type;
  return field.repeated ? `${word}, several` : word;
}

// The default as it is shown: strings without quotes, no more than seven digits; "" if there is none.
function plain({default: text, type}) {
  if (text == null) return '';
  if (type === 'string') return text.replace(/^"(.*)"$/s, '$1');
  return text.length > 12 && Number.isFinite(Number(text)) ? String(Number(Number(text).toPrecision(7))) : text;
}

// The first sentence of a documentation and the rest.
export function sentence(doc) {
  const text = (doc || '').replace(/\s+/g, ' ').trim().replace(/^[a-z]{3,}(?= )/, word => word[0].toUpperCase() + word.slice(1));
  const [first] = text.split(/(?<=[.!?])\s+(?=[A-Z])/);
  return [first, text.slice(first.length).trim()];
}

// The documentation of the value that is chosen, behind that of the field.
const valueDoc = ({name, doc}, before) => html`${before && (/[.!?]$/.test(before) ? ' ' : ' · ')}${doc.startsWith(`${name} `) ? doc : html`<b class="chosen">${name}</b> ${doc}`}`;

const errorLine = (id, text) => text && html`<p class="err" id="${id}">${icon('warn')}<span>${text}</span></p>`;

// One row. value: text, or null = not set; draft: {text, error} of a refused edit; error: words of a problem.
// doc: show the documentation (its first sentence; all of it when `more`); note: a short remark beside the type (text or markup); fixed: it cannot be removed.
export function fieldRow({field, path, key = keyOf(path), value = null, error = null, draft = null, doc = true, more = false,
  note = '', form = 'f', label = field.name, readonly = false, fixed = false}) {
  const id = slug(form, key), set = value !== null, wrong = draft?.error || error;
  const only = (field.only ?? []).map(one => `${one.words[0].toUpperCase()}${one.words.slice(1)}.`);
  const [first, others] = sentence(field.doc), rest = [others, ...only].filter(Boolean).join(' ');
  const chosen = field.values?.find(one => one.name === (value ?? plain(field)));
  const words = doc && (first || chosen?.doc);
  const notes = [typeWord(field), !set && plain(field) !== '' && 'default', field.required && !set && 'required', field.deprecated && 'deprecated'].filter(Boolean).join(' · ');
  const back = plain(field) === '' ? 'Remove this setting' : `Back to default: ${plain(field)}`;
  const long = Math.max(value?.length ?? 0, ...(field.values ?? []).map(one => one.name.length)) > 14;
  return html`<div class="f-row ${set && 'set'} ${wrong && 'bad'} ${long && 'long'}" data-row="${key}">
    <label for="${id}" ${!doc && first && html`title="${first}"`}>${label}<small>${notes}${note && html` · ${note}`}</small></label>
    ${set && !readonly && !fixed && html`<button type="button" class="f-back" data-field-unset="${JSON.stringify(path)}" data-key="back ${key}"
      title="${back}" aria-label="${`${back} (${label})`}">${icon('reset')}</button>`}
    ${control({field, path, key, id, value, draft, wrong, words, readonly, fixed})}
    ${words && html`<p class="doc" id="${id}-doc">${first}${rest && (more ? html` ${rest}` : '')}${chosen?.doc && field.values.length > 0
      ? valueDoc(chosen, first) : ''}${rest && html` <button type="button" class="link"
      data-field-toggle="doc ${key}" data-key="doc ${key}" aria-expanded="${String(more)}">${more ? 'Less' : 'More'}</button>`}</p>`}
    ${errorLine(`${id}-err`, wrong)}</div>`;
}

function control({field, path, key, id, value, draft, wrong, words, readonly, fixed}) {
  const said = [wrong && `${id}-err`, words && `${id}-doc`].filter(Boolean).join(' ');
  const common = html`id="${id}" data-key="${key}" data-field="${JSON.stringify(path)}" data-was="${value ?? ''}" data-set="${value === null ? 0 : 1}"
    ${wrong && html`aria-invalid="true"`} ${said && html`aria-describedby="${said}"`} ${readonly && html`disabled`}`;
  if (isBool(field) || (field.values?.length && !field.repeated)) return choice(field, value, common, fixed);
  const text = draft ? draft.text : value ?? '';
  const hint = plain(field) || (field.required ? 'required' : 'not set');
  if (text.includes('\n')) return html`<textarea ${common} rows="3" spellcheck="false">${text}</textarea>`;
  const values = field.suggest ?? (field.repeated ? field.values : null);
  return html`<input ${common} value="${text}" placeholder="${hint}" autocomplete="off" autocapitalize="off" spellcheck="false"
    ${isNumber(field) && !field.repeated && html`inputmode="decimal"`} ${values?.length > 0 && html`list="${id}-list"`}>
    ${values?.length > 0 && html`<datalist id="${id}-list">${values.map(one => html`<option value="${one.name}">${sentence(one.doc)[0]}</option>`)}</datalist>`}`;
}

function choice(field, value, common, fixed) {
  const values = isBool(field) ? [{name: 'true'}, {name: 'false'}] : [...field.values], first = plain(field);
  if (value !== null && !values.some(one => one.name === value)) values.unshift({name: value, doc: 'Not known here.'});
  if (first === '' && !(fixed && value !== null)) values.unshift({name: '', doc: ''});
  // While nothing is set, the default stands for itself; to set it explicitly would change nothing.
  return html`<select ${common}>${values.map(({name, doc}) => html`<option value="${value === null && name === first ? '' : name}" title="${doc}"
    ${name === (value ?? first) && html`selected`}>${name || 'not set'}</option>`)}</select>`;
}

// A message as a group: "3 of 9 set", set rows first, then those that matter (`first`: names), the rest folded.
// fields: as in look; errors: errorsOf(problems); state: formState(); also: names that belong above now; hide: names left out; unused: name -> a remark or null;
// level: depth of nesting; id: what the state is kept by, if several groups have one path; title: markup of the heading (the field's name by itself), or null for no heading.
export function fieldGroup({field, path, fields, errors, state, first = [], also = [], hide = [], unused = () => null, form = 'f', level = 0,
  title = field.name, docs = true, readonly = false, most = 4, id = keyOf(path)}) {
  const key = keyOf(path), all = known(field, path, fields).filter(one => !hide.includes(one.name));
  const has = one => anySet(fields, `${key ? `${key}.` : ''}${one.name}`);
  const busy = one => has(one) || errorBelow(errors, keyOf([...path, one.name])) || state.drafts.has(keyOf([...path, one.name]));
  const set = all.filter(has).length;
  if (!state.shown.has(id)) {
    const wanted = [...all.filter(busy), ...first.map(name => all.find(one => one.name === name)).filter(Boolean)];
    const chosen = [...new Set(wanted)].map(one => one.name);
    if (!first.length) for (const one of all) if (chosen.length < most && !isMessage(one) && !one.deprecated && !chosen.includes(one.name)) chosen.push(one.name);
    state.shown.set(id, chosen);
  }
  const kept = state.shown.get(id);
  for (const one of all) if (busy(one) && !kept.includes(one.name)) kept.push(one.name);
  const shown = [...kept], extra = also.filter(name => !kept.includes(name)), at = kept.findIndex(name => !also.includes(name) && !has({name}));
  shown.splice(at < 0 ? kept.length : at, 0, ...extra);
  const above = shown.map(name => all.find(one => one.name === name)).filter(Boolean);
  const below = all.filter(one => !shown.includes(one.name) && !one.deprecated);
  const open = state.open.has(`more ${id}`);
  const part = one => inside({one, path: [...path, one.name], fields, errors, state, form, level, docs, readonly,
    note: unused(one.name) ? html`<span class="f-note">${unused(one.name)}</span>` : ''});
  const own = errors.get(key);
  return html`<div class="f-group ${level > 0 && 'inner'}" role="group" aria-label="${id || field.name}">
    ${title !== null && html`<h3 class="f-head" title="${sentence(field.doc)[0]}"><span>${title}</span><small>${set} of ${all.length} set</small></h3>`}
    ${errorLine(slug(form, `${key}-err`), own)}
    ${above.map(part)}
    ${below.length > 0 && html`<button type="button" class="more" data-field-toggle="more ${id}" data-key="more ${id}" aria-expanded="${String(open)}">
      ${open ? 'Show fewer settings' : `${below.length} more ${below.length === 1 ? 'setting at its default' : 'settings at their defaults'}`}</button>`}
    ${open && below.map(part)}</div>`;
}

// Fields of a message; where the description stops, those that the text sets, by their names.
function known(field, path, fields) {
  if (field.fields) return field.fields;
  const start = `${keyOf(path)}.`;
  const names = new Set(Object.keys(fields).filter(key => key.startsWith(start)).map(key => key.slice(start.length).split('.')[0]));
  return [...names].map(name => ({name, type: 'string', repeated: fields[`${start}${name}.0`] !== undefined, required: false, default: null, doc: '', values: []}));
}

function inside({one, path, fields, errors, state, form, level, docs, readonly, note}) {
  const key = keyOf(path);
  if (!isMessage(one)) {
    const nested = [...errors].find(([other]) => other.startsWith(`${key}.`));
    return fieldRow({field: one, path, key, value: valueOf(fields, one, path), error: errors.get(key) ?? nested?.[1] ?? null, note, form, readonly,
      draft: state.drafts.get(key) ?? null, doc: docs, more: state.open.has(`doc ${key}`)});
  }
  if (!one.repeated) return message({one, path, key, fields, errors, state, form, level, docs, readonly});
  let count = 0;
  while (anySet(fields, `${key}.${count}`)) count++;
  const adding = state.open.has(`add ${key} ${count}`);
  const items = Array.from({length: count + (adding ? 1 : 0)}, (_, i) => i);
  return html`${items.map(i => html`<div class="f-item">${fieldGroup({field: one, path: [...path, i], fields, errors, state, form, level: level + 1, docs, readonly,
    title: html`${one.name} ${i + 1}`})}${i < count && !readonly && html`<button type="button" class="link small" data-field-unset="${JSON.stringify([...path, i])}"
      data-key="drop ${key}.${i}">Remove ${one.name} ${i + 1}</button>`}</div>`)}
    ${!adding && !readonly && html`<button type="button" class="more" data-field-toggle="add ${key} ${count}" data-key="add ${key}">Add ${one.name}</button>`}`;
}

// A message inside a message: a line that unfolds, open from the start where something in it is set.
function message({one, path, key, fields, errors, state, form, level, docs, readonly}) {
  const busy = anySet(fields, key) || errorBelow(errors, key);
  if (!busy && !state.open.has(`in ${key}`)) {
    return html`<button type="button" class="more f-fold" data-field-toggle="in ${key}" data-key="in ${key}" aria-expanded="false"
      title="${sentence(one.doc)[0]}">${icon('right')}${one.name}<small>not set</small></button>`;
  }
  return fieldGroup({field: one, path, fields, errors, state, form, level: level + 1, docs, readonly});
}

// ---- What is typed ----

const wired = new Set();
// Send what has been typed and not been sent yet (before saving, say); resolves when it has been taken or refused.
export const flushFields = () => Promise.all([...wired].map(one => one.flush()));

// Listen to the rows in root: set(path, text, token), unset(path, token) may return promises; a rejection is kept as the row's draft with its
// message. token: equal for all changes of one stay in a field, so that they can be one step of undo. toggle(id): unfold or fold.
// redraw(): draw the form again. Returns {flush, end}.
export function wireFields(root, {set, unset, toggle = null, state = null, redraw = () => {}}) {
  let stay = {key: null}, timer = 0, due = null, sending = Promise.resolve();
  const flying = new Map(); // key -> the text that is on its way
  const isField = at => at instanceof HTMLElement && at.dataset.field !== undefined;
  const find = key => root.querySelector(`[data-field][data-key="${CSS.escape(key)}"]`);
  const begin = at => {
    if (stay.key !== at.dataset.key) stay = {key: at.dataset.key, value: at.dataset.set === '1' ? at.dataset.was : null, token: {}};
  };
  const landed = (key, text, error = null) => {
    if (flying.get(key) === text) flying.delete(key);
    const now = find(key);
    if (now?.value === text) delete now.dataset.live;
    if (error && (!state || error.status === undefined)) throw error;
    if (error) state.drafts.set(key, {text, error: error.errors?.[''] || error.message});
    if (error || state?.drafts.delete(key)) redraw();
  };
  const act = (key, text, work) => {
    flying.set(key, text);
    sending = Promise.resolve().then(work).then(() => landed(key, text), error => landed(key, text, error));
    return sending;
  };
  const send = at => {
    clearTimeout(timer);
    due = null;
    begin(at);
    const path = JSON.parse(at.dataset.field), key = at.dataset.key, text = at.value, {token} = stay;
    if (text === (flying.get(key) ?? state?.drafts.get(key)?.text ?? at.dataset.was)) {
      if (!flying.has(key)) delete at.dataset.live;
      return sending;
    }
    return act(key, text, () => text.trim() === '' ? unset(path, token) : set(path, text, token));
  };
  const heard = {
    focusin({target}) { if (isField(target)) begin(target); },
    focusout({target}) {
      if (!isField(target)) return;
      const {key} = target.dataset;
      // A repaint takes the focus away and gives it back to the new element: that is no end of the stay.
      queueMicrotask(() => {
        if (document.activeElement?.dataset?.key === key) return;
        if (target.isConnected && target.dataset.live !== undefined) send(target);
        if (stay.key === key) stay = {key: null};
      });
    },
    input({target}) {
      if (!isField(target) || target.tagName === 'SELECT') return;
      begin(target);
      target.dataset.live = '';
      clearTimeout(timer);
      due = target.dataset.key;
      timer = setTimeout(() => flush(), 300);
    },
    change({target}) { if (isField(target) && target.isConnected) send(target); },
    keydown(event) {
      const {target, key} = event;
      if (!isField(target) || target.tagName === 'SELECT') return;
      if (key === 'Enter' && target.tagName !== 'TEXTAREA') {
        send(target);
        // Enter means it: Esc after it only leaves, and what is typed then is another step of undo.
        stay.value = target.value.trim() === '' ? null : target.value;
        stay.token = {};
      }
      if (key === 'Escape' && back(target)) { event.preventDefault(); event.stopPropagation(); }
    },
    click({target}) {
      const fold = target.closest?.('[data-field-toggle]'), drop = target.closest?.('[data-field-unset]');
      if (fold) toggle ? toggle(fold.dataset.fieldToggle) : (state?.toggle(fold.dataset.fieldToggle), redraw());
      if (!drop) return;
      const path = JSON.parse(drop.dataset.fieldUnset), key = keyOf(path);
      find(key)?.focus();
      state?.drafts.delete(key);
      stay = {key: null};
      act(key, '', () => unset(path, {}));
    },
  };
  // Esc: what stood there when the field was entered; false if it stands there still.
  const back = at => {
    begin(at);
    const key = at.dataset.key, was = stay.value ?? '', path = JSON.parse(at.dataset.field), {token, value} = stay;
    const now = flying.get(key) ?? at.dataset.was;
    if (at.value === was && now === was && !state?.drafts.has(key)) return false;
    clearTimeout(timer);
    due = null;
    at.value = was;
    delete at.dataset.live;
    if (state?.drafts.delete(key)) redraw();
    if (now !== was) act(key, was, () => value === null ? unset(path, token) : set(path, was, token));
    return true;
  };
  const flush = () => {
    const at = due !== null && find(due);
    return at ? send(at) : sending;
  };
  for (const [kind, hear] of Object.entries(heard)) root.addEventListener(kind, hear);
  const one = {
    flush,
    end() {
      flush();
      wired.delete(one);
      for (const [kind, hear] of Object.entries(heard)) root.removeEventListener(kind, hear);
    },
  };
  wired.add(one);
  return one;
}
