// The two files of a project that are edited: text, saved text, undo, what the server sees in it (look).
// They stay while the user walks between the views, so that nothing unsaved is lost.
import {ApiError, delayed, get, ofProject, post, put} from './api.js';
import {diffLines, linesChanged} from './difflines.js';
import {history} from './store.js';

const open = new Map(); // "project kind" -> Promise of a Document

export function openDocument(project, kind) {
  const key = `${project} ${kind}`;
  if (!open.has(key)) {
    const promise = Document.load(project, kind);
    open.set(key, promise);
    promise.then(one => { promise.opened = one; }, () => open.delete(key));
  }
  return open.get(key);
}

export async function openedDocuments(project) {
  const found = [...open.entries()].filter(([key]) => key.startsWith(`${project} `)).map(([, promise]) => promise);
  return (await Promise.allSettled(found)).filter(one => one.status === 'fulfilled').map(one => one.value);
}

export class Document {
  static async load(project, kind) {
    const file = await get(ofProject(project, `/files/${kind}`));
    const one = new Document(project, kind, file);
    await one.refresh();
    return one;
  }

  constructor(project, kind, file) {
    Object.assign(this, {project, kind, name: file.name, etag: file.etag, readonly: file.readonly});
    this.text = this.saved = file.text;
    this.history = history(file.text);
    this.look = null;       // the newest answer of the server about `text`
    this.lookedAt = null;   // the text that it is about
    this.phase = 'TRAIN';
    this.conflict = null;   // {text, etag}: another program changed the file while there are changes here
    this.error = null;      // why the newest edit or look was refused: {message, hint}
    this.listeners = new Set();
    this.turn = 0;
    this.queue = this.saving = Promise.resolve();
    this.askLater = delayed(120, () => this.refresh());
  }

  get changed() { return this.text !== this.saved; }
  get problems() { return this.look?.problems ?? []; }

  // Called after every change of anything here; returns what ends it.
  listen(heard) { this.listeners.add(heard); return () => this.listeners.delete(heard); }
  tell() { for (const heard of [...this.listeners]) heard(this); }

  // Where the text differs from the file, as hunks of lines; and how many lines these are.
  get hunks() {
    if (this.compared?.text !== this.text || this.compared.saved !== this.saved) {
      this.compared = {text: this.text, saved: this.saved, hunks: this.changed ? diffLines(this.saved, this.text) : []};
    }
    return this.compared.hunks;
  }
  get changedLines() { return linesChanged(this.hunks); }

  setPhase(phase) {
    if (phase === this.phase) return;
    this.phase = phase;
    return this.refresh();
  }

  // Ask what the server sees in the text as it is now; an answer about an older text is dropped.
  async refresh() {
    const turn = ++this.turn, text = this.text;
    try {
      const look = await post(ofProject(this.project, '/look'), {kind: this.kind, text, phase: this.phase});
      if (turn === this.turn) Object.assign(this, {look, lookedAt: text, error: null});
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (turn === this.turn) this.error = error;
    }
    this.tell();
  }

  // Edit by operations (see the server's /edit), one after the other; resolves to the answer, or throws ApiError.
  edit(...operations) { return this.editAs(null, ...operations); }

  // The same; edits with the same token (any object) that follow each other directly are one step of undo.
  editAs(token, ...operations) {
    const done = this.queue.then(() => this.#edit(operations, token));
    this.queue = done.catch(() => {});
    return done;
  }

  async #edit(operations, token) {
    const before = this.text, {phase} = this;
    try {
      const {text, span, start, ...look} = await post(ofProject(this.project, '/edit'),
        {kind: this.kind, text: before, phase, do: operations});
      if (this.text !== before) throw new ApiError(409, {error: {message: 'The text changed meanwhile; try again.'}});
      this.text = text;
      if (token && this.joined?.token === token && this.joined.text === before) this.history.replace(text);
      else if (text !== before) this.history.push(text);
      this.joined = {token, text};
      this.error = null;
      if (phase === this.phase) {
        this.turn++; // an answer that is still to come is about an older text
        Object.assign(this, {look, lookedAt: text});
        this.tell();
      } else {
        await this.refresh();
      }
      return {text, span, start, ...look};
    } catch (error) {
      if (error instanceof ApiError) { this.error = error; this.tell(); }
      throw error;
    }
  }

  // Text typed by hand. `joins`: part of the same word as the change before, so one undo takes back both.
  type(text, joins = false) {
    if (text === this.text) return;
    this.text = text;
    if (joins) this.history.replace(text); else this.history.push(text);
    this.tell();
    this.askLater();
  }

  undo() { return this.#to(this.history.undo()); }
  redo() { return this.#to(this.history.redo()); }
  #to(text) {
    if (text === this.text) return Promise.resolve();
    this.text = text;
    this.tell();
    return this.refresh();
  }

  // Write the file; false if another program changed it meanwhile (then `conflict` says what it holds now).
  save() {
    // One after the other: the second of two would find the file changed, by the first.
    const saved = this.saving.then(() => this.#save());
    this.saving = saved.catch(() => {});
    return saved;
  }

  async #save() {
    if (!this.changed && !this.conflict) return true;
    const text = this.text;
    try {
      const {etag} = await put(ofProject(this.project, `/files/${this.kind}`), {text, etag: this.etag});
      Object.assign(this, {etag, saved: text, conflict: null});
      this.tell();
      return true;
    } catch (error) {
      if (error.status !== 409 || error.body.text === undefined) throw error;
      this.conflict = {text: error.body.text, etag: error.body.etag};
      this.tell();
      return false;
    }
  }

  // The file was changed on disk: taken over at once if nothing is unsaved here, else offered.
  async changedOnDisk(etag) {
    await this.saving; // what is being written here is no other program's
    if (etag === this.etag && !this.conflict) return;
    const file = await get(ofProject(this.project, `/files/${this.kind}`));
    if (file.etag === this.etag && !this.conflict) return;
    if (file.etag === this.etag) {
      this.conflict = null; // it is as it was
      this.tell();
    } else if (file.text === this.text) {
      Object.assign(this, {etag: file.etag, saved: file.text, conflict: null});
      this.tell();
    } else if (this.changed) {
      this.conflict = {text: file.text, etag: file.etag};
      this.tell();
    } else {
      await this.take(file);
    }
  }

  // Take the file's text; what was typed here stays one undo away.
  take(file = this.conflict) {
    if (!file) return;
    const {text, etag} = file;
    Object.assign(this, {text, saved: text, etag, conflict: null});
    this.history.push(text);
    return this.refresh();
  }

  // Keep the text typed here: saving it then replaces what the other program wrote.
  keep() {
    if (!this.conflict) return;
    Object.assign(this, {etag: this.conflict.etag, saved: this.conflict.text, conflict: null});
    this.tell();
  }
}

window.addEventListener('beforeunload', event => {
  for (const promise of open.values()) promise.opened?.changed && event.preventDefault();
});
