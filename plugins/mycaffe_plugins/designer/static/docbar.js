// What the views of a file share: "1 change", Save, undo and redo with their keys, the bar of a file changed on disk, problems.
import {showDiff} from './diff.js';
import {flushFields} from './fields.js';
import {icon} from './icons.js';
import {bindKeys} from './keys.js';
import {crumbOf, failed, refreshProject, say} from './shell.js';
import {html, listen} from './store.js';
import {counted} from './words.js';

// ---- Markup ----

export const changePill = doc => doc.changed && html`<span class="pill warn hide-s" title="Lines that differ from the file">${counted(doc.changedLines, 'change')}</span>`;

export const saveButton = doc => html`<button type="button" class="btn" data-do="doc-save" data-key="doc-save" ${(!doc.changed || doc.readonly) && html`disabled`}
  title="${doc.readonly ? `${doc.name} is read-only` : `Save ${doc.name} (Ctrl S)`}" aria-label="Save">${icon('save')}<span class="hide-s">Save</span></button>`;

export function undoButtons(doc) {
  const {undo, redo} = doc.history.can();
  return html`<button type="button" class="btn icon" data-do="doc-undo" data-key="doc-undo" ${!undo && html`disabled`} title="Undo (Ctrl Z)" aria-label="Undo">${icon('undo')}</button>
    <button type="button" class="btn icon" data-do="doc-redo" data-key="doc-redo" ${!redo && html`disabled`} title="Redo (Ctrl Shift Z)" aria-label="Redo">${icon('redo')}</button>`;
}

// "2 problems": opens the list below (data-do="doc-problems").
export function problemsButton(doc, open = false) {
  const {length} = doc.problems;
  return length > 0 && html`<button type="button" class="btn problems" data-do="doc-problems" data-key="doc-problems" aria-expanded="${String(open)}">
    ${icon('warn')}${counted(length, 'problem')}</button>`;
}

// Each problem with its place; a click goes there (data-do="doc-problem" data-index).
export const problemsList = doc => html`<ul class="problem-list" aria-label="Problems">${doc.problems.map((problem, i) => html`<li>
  <button type="button" data-do="doc-problem" data-index="${i}" data-key="problem ${i}">${icon('warn')}<span>${problem.message}
  ${problem.hint && html`<small>${problem.hint}</small>`}</span><small class="mono">${problem.line ? `line ${problem.line}` : ''}</small></button></li>`)}</ul>`;

// Quiet bars above a view: changed on disk, read-only, an old format, an edit that was refused.
export function docNotices(doc) {
  const bars = [];
  if (doc.conflict) {
    bars.push(html`<div class="notice" role="alert"><span class="grow">${doc.name} was changed by another program.</span>
      <button type="button" class="btn" data-do="doc-diff" data-key="doc-diff">Show what changed</button>
      <button type="button" class="btn" data-do="doc-take" data-key="doc-take">Take theirs</button>
      <button type="button" class="btn" data-do="doc-keep" data-key="doc-keep">Keep mine</button></div>`);
  }
  if (doc.readonly) bars.push(html`<div class="notice" role="status">${doc.name} is read-only: changes cannot be saved.</div>`);
  if (doc.look?.old_form) {
    bars.push(html`<div class="notice" role="status"><span>This file is in an old form (${doc.look.old_form}). It can be looked at; to edit it, upgrade it first:</span>
      <code class="mono">${doc.look.upgrade}</code></div>`);
  }
  return bars;
}

// ---- What they do ----

export async function saveDocument(doc) {
  await flushFields();
  if (!doc.changed) return true;
  try {
    const saved = await doc.save();
    if (!saved) return false;
    say(`${doc.name} saved`);
    await refreshProject();
    return true;
  } catch (error) {
    failed(error.status === 403 ? {message: 'Not saved: the file is read-only.'} : error);
    return false;
  }
}

async function step(doc, way) {
  await flushFields();
  if (!doc.history.can()[way]) return;
  await doc[way]();
  say(way === 'undo' ? 'Undone' : 'Done again');
}

// What wireFields of a document's form needs. toChange(path, value): the operation for it, value null to remove. Texts that were refused are
// forgotten when the document is changed from elsewhere (undo, its text, another program): they were about a text that is no more.
export function formEdits(doc, state, toChange) {
  let busy = 0, seen = doc.text;
  const edit = async (path, value, token) => {
    busy++;
    try { await doc.editAs(token, toChange(path, value)); } finally { busy--; }
  };
  const end = doc.listen(() => {
    if (doc.text === seen) return;
    seen = doc.text;
    if (!busy) state.drafts.clear();
  });
  return {set: edit, unset: (path, token) => edit(path, null, token), end};
}

// The newest look whose fields could be read: while the text has a mistake in its form, a form shows what it was before, and takes no edits.
export function readable() {
  let good = null;
  return look => {
    const lost = look && !Object.keys(look.fields).length && look.problems.length > 0;
    if (look && !lost) good = look;
    return {look: lost && good ? {...good, problems: look.problems} : look, lost: Boolean(lost)};
  };
}

// Actions for listen(); showProblem(problem) goes to a problem's place, toggleProblems() opens the list.
export const docActions = (doc, {showProblem = () => {}, toggleProblems = () => {}} = {}) => ({
  'doc-save': () => saveDocument(doc),
  'doc-undo': () => step(doc, 'undo'),
  'doc-redo': () => step(doc, 'redo'),
  'doc-problems': toggleProblems,
  'doc-problem': at => showProblem(doc.problems[at.dataset.index]),
  'doc-take': () => doc.take(),
  'doc-keep': () => doc.keep(),
  'doc-diff': () => showDiff(doc.name, doc.text, doc.conflict.text,
    [{label: 'Take theirs', act: () => doc.take()}, {label: 'Keep mine', act: () => doc.keep()}]),
});

export const docKeys = doc => ({
  'ctrl+s': ['Save', () => { saveDocument(doc); }],
  'ctrl+z': ['Undo', () => { step(doc, 'undo'); }],
  'ctrl+shift+z': ['Redo', () => { step(doc, 'redo'); }],
  'ctrl+y': ['', () => { step(doc, 'redo'); }],
});

// Top bar and keys of a view of one file: PROJECT / title "1 change" ... [Save] and `more` (markup or null, drawn with the rest).
// Returns draw(), to be called by what the view listens to on the document. Buttons of the top bar work by themselves.
export function docTop(ctx, doc, {view, title, more = () => null, actions = {}}) {
  const draw = () => ctx.current() && ctx.top({
    view, title: title(), crumb: html`${crumbOf(ctx.project, title())}${changePill(doc)}`,
    actions: html`${saveButton(doc)}${more()}`,
  });
  ctx.onClose(bindKeys(docKeys(doc)), listen(document.getElementById('top'), {...docActions(doc), ...actions}), doc.listen(draw));
  draw();
  return draw;
}
