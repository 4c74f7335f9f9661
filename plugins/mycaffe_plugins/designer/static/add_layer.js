// The dialog that adds a layer: its type, with what it does; its name; where it stands; what it reads and writes.
import {openDialog} from './dialog.js';
import {sentence} from './fields.js';
import {html, listen, paint} from './store.js';
import {countsOf, layerType, layerTypes} from './types.js';

const GROUPS = [['liquid', 'Liquid'], ['conv', 'Convolution'], ['dense', 'Dense and recurrent'], ['activation', 'Activations'], ['norm', 'Normalisation'],
  ['pool', 'Pooling'],   ['loss', 'Losses and figures'], ['data', 'Data'], ['shape', 'Shapes and blobs'], ['other', 'More']];
// Types that are written over the blob that they read, by custom.
const IN_PLACE = /^(ReLU|PReLU|ELU|Sigmoid|TanH|Dropout|BatchNorm|Scale|Bias)$/i;

// doc: the model; after: index of the layer that the new one follows, or null for the end. Resolves to the new layer's index, or null.
export async function askLayer(doc, after) {
  const types = await layerTypes();
  return new Promise(resolve => new Adding(doc, types, after, resolve).start());
}

class Adding {
  constructor(doc, types, after, resolve) {
    const {layers = [], blobs = []} = doc.look;
    Object.assign(this, {doc, types, resolve, layers, blobs, asked: '', type: null, about: null, error: '', result: null});
    this.after = after ?? (layers.length ? layers.at(-1).index : null);
    this.named = false; // the name was typed
    this.name = '';
    this.bottoms = [];
    this.inPlace = false;
    this.between = false;
  }

  start() {
    const {dialog, body, footer, close} = openDialog({title: 'Add a layer', name: 'adding', submit: () => this.add(), closed: () => this.resolve(this.result)});
    Object.assign(this, {dialog, body, footer, close});
    listen(dialog, {
      'add-search': input => { this.asked = input.value; this.draw(); },
      'add-type': at => this.choose(at.dataset.type),
      'add-now': async at => { if (this.about?.type !== at.dataset.type) await this.choose(at.dataset.type); await this.add(); },
      'add-key': (input, event) => this.walk(event),
      'add-name': input => { this.name = input.value; this.named = true; this.draw(); },
      'add-after': select => { this.after = select.value === '' ? -1 : Number(select.value); this.wire(); this.draw(); },
      'add-bottom': input => { this.bottoms[Number(input.dataset.at)] = input.value; this.draw(); },
      'add-more': () => { this.bottoms.push(''); this.draw(); this.body.querySelector(`[data-key="bottom ${this.bottoms.length - 1}"]`).focus(); },
      'add-in-place': box => { this.inPlace = box.checked; this.draw(); },
      'add-between': box => { this.between = box.checked; this.draw(); },
    });
    this.draw();
    this.body.querySelector('input').focus();
  }

  get found() {
    const words = this.asked.toLowerCase().split(/\s+/).filter(Boolean);
    const rank = one => {
      const names = [one.type, ...one.aliases].map(name => name.toLowerCase()), doc = one.doc.toLowerCase();
      const rankOf = word => names.some(name => name.startsWith(word)) ? 0 : names.some(name => name.includes(word)) ? 1
        : doc.includes(word) || one.plugin.includes(word) || one.fork.toLowerCase().includes(word) ? 2 : 9;
      return Math.max(0, ...words.map(rankOf));
    };
    const found = this.types.map(one => ({...one, rank: rank(one)})).filter(one => one.rank < 9);
    return words.length ? found.sort((a, b) => a.rank - b.rank || a.type.localeCompare(b.type)) : found;
  }

  // In the order that the list has on the screen.
  get listed() {
    const {found} = this;
    if (this.asked) return [['', found]];
    const groupOf = one => GROUPS.some(([known]) => known === one.group) ? one.group : 'other';
    return GROUPS.map(([group, title]) => [title, found.filter(one => groupOf(one) === group)]).filter(([, all]) => all.length);
  }

  async choose(type) {
    this.type = type;
    this.about = null;
    this.error = '';
    this.draw();
    const about = await layerType(type);
    if (this.type !== type || !this.dialog.isConnected) return;
    this.about = about;
    if (!this.named) this.name = this.freeName(type);
    this.wire();
    this.draw();
  }

  walk(event) {
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key], all = this.listed.flatMap(([, types]) => types);
    if (!step || !all.length) return;
    event.preventDefault();
    const at = all.findIndex(one => one.type === this.type);
    this.choose(all[at < 0 ? 0 : (at + step + all.length) % all.length].type);
    this.body.querySelector('[aria-selected=true]')?.scrollIntoView({block: 'nearest'});
  }

  freeName(type) {
    const taken = new Set(this.layers.map(one => one.name)), base = type.toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^_|_$/g, '') || 'layer';
    for (let n = 1; ; n++) if (!taken.has(`${base}${n}`)) return `${base}${n}`;
  }

  // What it reads and writes, as it stands at its place: the blobs of the layer before it.
  wire() {
    const [least] = countsOf(this.about?.blobs?.bottom), before = this.layers.find(one => one.index === this.after);
    const last = before?.tops[0]?.blob ?? before?.bottoms[0] ?? '';
    const other = ['label', 'target'].find(blob => this.blobs.includes(blob) && blob !== last) ?? '';
    const many = least || (before && this.about?.group !== 'data' ? 1 : 0);
    this.bottoms = Array.from({length: many}, (_, i) => i === 0 ? last : this.about.group === 'loss' && i === 1 ? other : '');
    this.inPlace = many === 1 && IN_PLACE.test(this.type) && Boolean(last) && before?.group !== 'data';
    this.between = !this.inPlace && many === 1 && !['loss', 'data'].includes(this.about.group) && this.readers.length > 0;
  }

  // Layers after the new one that read its bottom.
  get readers() {
    const [blob] = this.bottoms;
    const readers = [];
    for (const one of this.layers) {
      if (one.index <= this.after || !blob) continue;
      one.bottoms.forEach((name, at) => { if (name === blob) readers.push({layer: one, at}); });
      if (one.tops.some(top => top.blob === blob)) break;
    }
    return readers;
  }

  get tops() {
    const [least, most] = countsOf(this.about?.blobs?.top), count = Math.min(Math.max(least, most > 0 ? 1 : 0), 12);
    if (this.inPlace) return [this.bottoms[0]];
    const free = name => { let n = 2, now = name; while (this.blobs.includes(now)) now = `${name}_${n++}`; return now; };
    return Array.from({length: count}, (_, i) => free(i ? `${this.name}_${i + 1}` : this.name));
  }

  draw() {
    const {asked, type, about} = this, lists = this.listed, count = lists.reduce((all, [, types]) => all + types.length, 0);
    paint(this.body, html`<div class="add"><div class="add-types"><input class="in" data-key="add-search" data-input="add-search"
      data-keydown="add-key" value="${asked}" placeholder="Search ${this.types.length} types" aria-label="Search the types"
        autocomplete="off" autocapitalize="off" spellcheck="false" role="combobox" aria-expanded="true" aria-controls="add-list">
      <ul id="add-list" role="listbox" aria-label="Types of layers" tabindex="0" data-keydown="add-key"
        data-key="add-list">${lists.map(([title, types]) => html`${title && html`<li class="group" role="presentation">${title}</li>`}
        ${types.map(one => html`<li role="option" class="k-${one.group}" aria-selected="${String(one.type === type)}" data-do="add-type"
          data-dblclick="add-now" data-type="${one.type}"><i class="bar-k"></i><span><b>${one.type}</b>
          <small>${sentence(one.doc)[0]}</small></span></li>`)}`)}
        ${!count && html`<li class="group" role="presentation">No type matches “${asked}”.</li>`}</ul></div>
      <div class="add-form">${type ? this.form(about) : html`<p class="waiting">Choose a type: its description and its wiring are shown here.</p>`}</div></div>`);
    const list = this.body.querySelector('#add-list');
    if (this.top !== undefined && list) list.scrollTop = this.top;
    list.addEventListener('scroll', () => { this.top = list.scrollTop; }, {passive: true});
    paint(this.footer, html`${this.error && html`<p class="err"
      role="alert"><span>${this.error}</span></p>`}<div class="grow"></div><button type="button" class="btn" data-close>Cancel</button>
      <button class="btn primary" data-key="add-go" ${(!about || !this.name.trim()) && html`disabled`}>Add layer</button>`);
  }

  form(about) {
    if (!about) return html`<p class="waiting">Reading ${this.type}.</p>`;
    const [, most] = countsOf(about.blobs?.bottom), [first, rest] = sentence(about.doc), {readers} = this;
    const names = [...new Set(readers.map(one => one.layer.name))];
    const taken = this.layers.some(one => one.name === this.name);
    return html`<div class="k-${about.group}"><h2><span class="pill type"><span class="dot"></span>${about.type}</span> <small class="tiny muted">from ${about.plugin}${about.fork ? `, of the fork ${about.fork}` : ''}</small></h2>
      <p class="small muted">${first} ${rest && rest.length < 260 ? rest : ''}</p></div>
      <div class="field"><label for="add-name">Name</label><input class="in" id="add-name" data-key="add-name" data-input="add-name" value="${this.name}" autocomplete="off" autocapitalize="off" spellcheck="false">
        ${taken && html`<p class="doc">Another layer has this name; that is allowed where they stand in different phases.</p>`}</div>
      <div class="field"><label for="add-after">Place</label><select class="in" id="add-after" data-key="add-after" data-change="add-after">
        <option value="" ${this.after === -1 && html`selected`}>first in the file</option>${this.layers.map(one => html`<option value="${one.index}"
          ${one.index === this.after && html`selected`}>after ${one.name || one.type}</option>`)}</select></div>
      ${most > 0 && html`<div class="field" role="group" aria-label="Blobs that it reads"><span class="lbl">Reads <small class="muted">${about.blobs.bottom}</small></span>
        <div class="add-blobs">${this.bottoms.map((blob, at) => html`<input class="in mono" data-key="bottom ${at}" data-at="${at}"
          data-input="add-bottom" value="${blob}" list="add-known" aria-label="Blob ${at + 1} that it reads"
          placeholder="blob" autocomplete="off" autocapitalize="off" spellcheck="false">`)}${this.bottoms.length < most && html`<button type="button" class="btn" data-do="add-more" data-key="add-more">Another</button>`}</div>
        <datalist id="add-known">${this.blobs.map(blob => html`<option value="${blob}"></option>`)}</datalist></div>`}
      <p class="small"><span class="muted">Writes</span> ${this.tops.map(top => html`<span class="chip">${top}</span> `)}</p>
      ${this.bottoms.length === 1 && this.tops.length === 1 && this.bottoms[0] && html`<label class="tick"><input type="checkbox"
        data-key="add-in-place" data-change="add-in-place" ${this.inPlace && html`checked`}>In place: write over ${this.bottoms[0]}</label>`}
      ${!this.inPlace && this.bottoms.length === 1 && this.tops.length === 1 && readers.length > 0 && html`<label class="tick"><input type="checkbox" data-key="add-between" data-change="add-between" ${this.between && html`checked`}>Put it between:
        ${names.length > 3 ? `${names.length} layers` : names.join(', ')} then read${names.length === 1 && 's'} ${this.tops[0]}</label>`}`;
  }

  async add() {
    if (!this.about || !this.name.trim()) return;
    const bottom = this.bottoms.map(blob => blob.trim()).filter(Boolean), top = this.tops, at = this.after === null ? this.layers.length : this.after + 1;
    const operations = [{op: 'add_layer', type: this.type, name: this.name.trim(), after: this.after, bottom, top}];
    if (this.between && !this.inPlace && bottom.length === 1 && top.length === 1) {
      for (const {layer, at: place} of this.readers) operations.push({op: 'connect', index: layer.index + 1, slot: 'bottom', blob: top[0], at: place});
    }
    try {
      await this.doc.edit(...operations);
      this.result = at;
      this.close();
    } catch (error) {
      if (error.status === undefined) throw error;
      this.error = error.errors?.[''] || error.message;
      this.draw();
    }
  }
}
