// Notes on a run: plain text in its folder, saved while it is typed; what another page has written is never overwritten.
import {ApiError, delayed, ofRun, put} from './api.js';
import {failed} from './shell.js';
import {html, listen, paint} from './store.js';

// Draw the notes into a place; returns {update(notes), focus(), close(), has()}.
export function notesPanel(place, project, id, {text, etag}, changed = () => {}) {
  const had = new Set([etag]); // marks of what was here: an answer that comes late must not bring it back
  let saved = text, mark = etag, conflict = null, closed = false, saving = Promise.resolve();
  paint(place, html`<section class="box notes" aria-label="Notes"><header><h2>Notes</h2><span class="tiny muted" role="status"></span></header>
    <div class="notice" hidden></div><textarea class="in" rows="4" data-input="type" aria-label="Notes on this run"
    placeholder="What was tried here, and what came of it"></textarea></section>`);
  const field = place.querySelector('textarea'), status = place.querySelector('[role=status]'), bar = place.querySelector('.notice');
  field.value = text;

  const save = () => { saving = saving.then(write); return saving; };
  const later = delayed(700, save);
  async function write() {
    const now = field.value;
    if (now === saved || conflict) return;
    status.textContent = 'Saving';
    try {
      ({etag: mark} = await put(ofRun(project, id, '/notes'), {text: now, etag: mark}));
      had.add(mark);
      saved = now;
      status.textContent = 'Saved';
      changed({text: saved, etag: mark});
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (closed) failed({message: `The notes on run ${id} were not saved: ${error.message}`});
      else if (error.status === 409 && error.body.text !== undefined) meet(error.body);
      else status.textContent = `Not saved: ${error.message}`;
    }
  }

  function meet(theirs) {
    conflict = theirs;
    status.textContent = 'Not saved';
    bar.hidden = false;
    paint(bar, html`<span>These notes were changed elsewhere meanwhile.</span><button class="btn"
      data-do="theirs">Take theirs</button><button class="btn" data-do="mine">Keep mine</button>`);
  }

  function settle(text) {
    ({etag: mark, text: saved} = conflict);
    had.add(mark);
    conflict = null;
    bar.hidden = true;
    if (text !== undefined) field.value = text;
    save();
  }

  const end = listen(place, {
    type() { status.textContent = ''; later(); },
    theirs: () => settle(conflict.text),
    mine: () => settle(),
  });
  field.addEventListener('blur', save);
  const leaving = event => { if (field.value !== saved) event.preventDefault(); };
  addEventListener('beforeunload', leaving);
  return {
    // The notes as the server has them now: taken over if nothing is unsaved here.
    update(notes) {
      if (closed || conflict || field.value !== saved || notes.etag === undefined || had.has(notes.etag)) return;
      field.value = saved = notes.text;
      mark = notes.etag;
      had.add(mark);
    },
    focus: () => field.focus(),
    has: () => field.value.trim() !== '',
    close() { save(); closed = true; end(); removeEventListener('beforeunload', leaving); },
  };
}
