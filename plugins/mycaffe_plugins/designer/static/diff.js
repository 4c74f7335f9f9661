// What differs between two texts, line by line, for people.
import {openDialog} from './dialog.js';
import {diffLines} from './difflines.js';
import {html, paint} from './store.js';

// Rows to show: {kind: 'same' | 'here' | 'there', text, line}, with `around` lines about each change; null stands for a gap.
export function diffRows(old, now, around = 2) {
  const a = old.split(/\r\n|\r|\n/), b = now.split(/\r\n|\r|\n/), rows = [];
  let at = 0; // first line of `now` that is not shown yet
  const same = (from, end) => { for (let i = Math.max(from, at); i < Math.min(end, b.length); i++) { rows.push({kind: 'same', text: b[i], line: i + 1}); at = i + 1; } };
  diffLines(old, now).forEach((hunk, i, hunks) => {
    if (hunk.now[0] - around > at) rows.push(null);
    same(hunk.now[0] - around, hunk.now[0]);
    for (let k = hunk.old[0]; k < hunk.old[1]; k++) rows.push({kind: 'here', text: a[k], line: k + 1});
    for (let k = hunk.now[0]; k < hunk.now[1]; k++) rows.push({kind: 'there', text: b[k], line: k + 1});
    at = hunk.now[1];
    same(at, Math.min(at + around, hunks[i + 1]?.now[0] ?? Infinity));
    if (i === hunks.length - 1 && at < b.length) rows.push(null);
  });
  return rows;
}

const SIGNS = {same: '', here: '−', there: '+'}, SAID = {same: '', here: 'on this page', there: 'in the file'};

// Show what another program changed: the text of this page against that of the file. buttons: [{label, act}].
export function showDiff(name, here, there, buttons = []) {
  const {body, footer, close} = openDialog({title: `What changed in ${name}`});
  const rows = diffRows(here, there);
  paint(body, html`<p class="small muted">− is on this page, + is in the file now.</p><div class="diff" tabindex="0" role="group" aria-label="Lines that differ">
    ${rows.map(row => row === null ? html`<div class="gap">…</div>`
      : html`<div class="row ${row.kind}"><i class="num">${row.line}</i><b title="${SAID[row.kind]}">${SIGNS[row.kind]}</b><span>${row.text || ' '}</span></div>`)}
    ${!rows.length && html`<p>Nothing differs any more.</p>`}</div>`);
  paint(footer, html`<div class="grow"></div>${buttons.map((one, i) => html`<button type="button" class="btn" data-pick="${i}">${one.label}</button>`)}
    <button type="button" class="btn primary" data-close>Close</button>`);
  footer.addEventListener('click', event => {
    const at = event.target.closest('[data-pick]');
    if (at) { close(); buttons[at.dataset.pick].act(); }
  });
}
