// The text of a file beside its picture or form: a text area over coloured lines. Only lines in sight are drawn, so its length costs nothing.
import {changedSpan, inTextArea, intoFile} from './difflines.js';
import {icon} from './icons.js';
import {html, listen, paint} from './store.js';
import {counted, wordsOf} from './words.js';

const LONGEST = 3000;        // longer lines are not coloured: the text area draws them by itself
const PLAIN_FROM = 2_000_000; // characters
const WORD_MS = 1200;        // letters typed within this belong to one step of undo

// place: an element to fill; doc: a Document. caret({line, column}): the cursor was moved by the user; close(): its button.
// Returns {sync, mark, goTo, reveal, focus, end}.
export function textPane(place, {doc, caret = () => {}, close = null}) {
  paint(place, html`<header></header><div class="code"><div class="code-rows" aria-hidden="true"></div>
    <textarea class="code-in" data-key="text" wrap="off" spellcheck="false" autocapitalize="off" autocomplete="off" aria-label="Text of ${doc.name}"
      aria-describedby="text-help"></textarea><span class="unseen" id="text-help">Once something is typed, Tab indents; Escape leaves the text.</span></div>`);
  const head = place.querySelector('header'), code = place.querySelector('.code');
  const rows = place.querySelector('.code-rows'), area = place.querySelector('textarea');
  let lines = [], marked = null, height = 20, due = 0, wrong = new Map(), changed = new Set();
  let at = {line: 1, column: 1}, writes = false, typed = {time: 0, end: -1, kind: ''};

  // ---- From the document ----
  function sync() {
    const text = inTextArea(doc.text);
    if (area.value !== text) put(text);
    wrong = new Map();
    for (const one of doc.problems) {
      if (one.line) wrong.set(one.line, [...wrong.get(one.line) ?? [], wordsOf(one)]);
    }
    changed = new Set(doc.hunks.flatMap(({now: [from, end]}) => Array.from({length: end - from}, (_, i) => from + i + 1)));
    later();
  }

  // Another text, with the cursor and what is in sight where they were in the text around.
  function put(text) {
    const {from, oldEnd, newEnd} = changedSpan(area.value, text), mine = document.activeElement === area;
    const moved = place => place <= from ? place : place >= oldEnd ? place + newEnd - oldEnd : newEnd;
    const start = moved(area.selectionStart), end = moved(area.selectionEnd), {scrollTop, scrollLeft} = area;
    const first = !lines.length;
    area.value = text;
    split(text);
    area.setSelectionRange(first ? 0 : start, first ? 0 : end);
    area.scrollTop = scrollTop;
    area.scrollLeft = scrollLeft;
    typed.time = 0;
    if (mine) { locate(); bring(at.line); } else if (!first) bring(text.slice(0, newEnd).split('\n').length);
  }

  function split(text) {
    lines = text.split('\n');
    const plain = text.length > PLAIN_FROM || lines.some(line => line.length > LONGEST);
    code.classList.toggle('plain', plain);
    code.style.setProperty('--digits', String(Math.max(3, String(lines.length).length)));
  }

  // ---- Drawing ----
  const later = () => { due ||= requestAnimationFrame(() => { due = 0; draw(); }); };
  function draw() {
    if (!place.isConnected || place.hidden || !area.clientHeight) return;
    height = parseFloat(getComputedStyle(area).lineHeight) || 20;
    const first = Math.max(0, Math.floor(area.scrollTop / height) - 4), count = Math.ceil(area.clientHeight / height) + 8;
    const plain = code.classList.contains('plain');
    code.style.setProperty('--left', `${-area.scrollLeft}px`);
    rows.style.transform = `translateY(${first * height - area.scrollTop}px)`;
    paint(rows, html`${lines.slice(first, first + count).map((line, i) => {
      const number = first + i + 1, bad = wrong.get(number);
      const mine = marked && number >= marked[0] && number <= marked[1];
      return html`<div class="ln ${mine && 'sel'} ${changed.has(number) && 'edit'} ${bad && 'wrong'}"
        ><i ${bad && html`title="${bad.join('\n')}"`}>${number}</i><span>${plain ? '' : coloured(line)}</span></div>`;
    })}`);
    const {changedLines} = doc;
    const bad = [...wrong.keys()].sort((a, b) => a - b);
    const noted = wrong.has(at.line) ? at.line : bad.find(line => marked && line >= marked[0] && line <= marked[1]) ?? bad[0];
    paint(head, html`<div class="text-name"><b class="small">${doc.name}</b><span class="tiny muted num">line ${at.line}, column ${at.column}${changedLines > 0
      && ` · ${counted(changedLines, 'line')} ${changedLines === 1 ? 'differs' : 'differ'} from the file`}</span><div class="grow"></div>
      ${close && html`<button type="button" class="btn icon" data-do="text-close" data-key="text-close" title="Close the text"
        aria-label="Close the text">${icon('x')}</button>`}</div>
      ${noted && html`<button type="button" class="err" data-do="text-problem" data-key="text-problem"
        data-line="${noted}">${icon('warn')}<span>Line ${noted}: ${wrong.get(noted).join('; ')}</span></button>`}`);
  }

  // ---- From the user ----
  function locate() {
    const before = area.value.slice(0, area.selectionDirection === 'backward' ? area.selectionStart : area.selectionEnd);
    const start = before.lastIndexOf('\n') + 1;
    let line = 1;
    for (let i = before.indexOf('\n'); i >= 0; i = before.indexOf('\n', i + 1)) line++;
    at = {line, column: [...before.slice(start)].length + 1};
    later();
  }

  function take() {
    writes = true;
    const value = area.value, now = performance.now(), end = area.selectionEnd;
    const {from, oldEnd, newEnd} = changedSpan(inTextArea(doc.text), value);
    const kind = oldEnd === from ? 'in' : newEnd === from ? 'out' : 'both';
    const word = kind !== 'both' && newEnd - from <= 1 && oldEnd - from <= 1 && !/\s/.test(value.slice(from, newEnd));
    const joins = word && kind === typed.kind && now - typed.time < WORD_MS && (kind === 'in' ? from === typed.end : oldEnd === typed.end);
    typed = {time: now, end: kind === 'in' ? newEnd : from, kind: word || kind === 'in' ? kind : ''};
    split(value);
    doc.type(intoFile(doc.text, value), joins);
    if (end !== area.selectionEnd) area.setSelectionRange(end, end);
    locate();
    caret(at);
  }

  const insert = (text, from = area.selectionStart, to = area.selectionEnd, select = 'end') => { area.setRangeText(text, from, to, select); take(); };
  // Indent or outdent the lines of the selection.
  function shift(out) {
    const {value, selectionStart: start, selectionEnd: end} = area;
    if (!out && start === end) return insert('  ');
    const from = value.lastIndexOf('\n', start - 1) + 1, last = end > start && value[end - 1] === '\n' ? end - 1 : end;
    const old = value.slice(from, last), now = out ? old.replace(/^( {1,2}|\t)/gm, '') : old.replace(/^(?=.)/gm, '  ');
    if (old === now) return;
    const firstMoved = (now.split('\n')[0].length - old.split('\n')[0].length);
    area.setRangeText(now, from, last);
    area.setSelectionRange(Math.max(from, start + firstMoved), end + now.length - old.length);
    take();
  }
  function newline() {
    const {value, selectionStart: start} = area;
    const line = value.slice(value.lastIndexOf('\n', start - 1) + 1, start);
    const indent = /^[ \t]*/.exec(line)[0];
    insert(`\n${indent}${/\{\s*(#.*)?$/.test(line) ? '  ' : ''}`);
  }
  const keydown = event => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Tab') {
      if (!writes) return;
      event.preventDefault();
      shift(event.shiftKey);
    } else if (event.key === 'Enter' && !event.shiftKey) { event.preventDefault(); newline(); }
  };
  const ends = [listen(place, {
    'text-close': () => close?.(),
    'text-problem': button => { goTo(Number(button.dataset.line)); },
  })];
  // Who walks through the page by Tab walks on; it indents once something was typed or clicked here.
  area.addEventListener('pointerdown', () => { writes = true; });
  area.addEventListener('blur', () => { writes = false; });
  area.addEventListener('input', take);
  area.addEventListener('keydown', keydown);
  area.addEventListener('scroll', later, {passive: true});
  // The browser's own undo does not know of the edits made in the picture.
  area.addEventListener('beforeinput', event => {
    if (event.inputType !== 'historyUndo' && event.inputType !== 'historyRedo') return;
    event.preventDefault();
    if (event.inputType === 'historyUndo') doc.undo(); else doc.redo();
  });
  let seen = '';
  const moved = () => {
    if (document.activeElement !== area) return;
    const now = `${area.selectionStart} ${area.selectionEnd}`;
    if (now === seen) return;
    seen = now;
    const before = at.line;
    locate();
    if (before !== at.line) caret(at);
  };
  document.addEventListener('selectionchange', moved);
  const watcher = new ResizeObserver(() => { if (document.activeElement === area) bring(at.line); later(); });
  watcher.observe(code);
  ends.push(() => document.removeEventListener('selectionchange', moved), () => watcher.disconnect());

  // ---- For others ----
  function bring(line, lastLine = line) {
    height = parseFloat(getComputedStyle(area).lineHeight) || 20;
    const top = (line - 1) * height, bottom = lastLine * height + 12, room = area.clientHeight;
    if (top < area.scrollTop || bottom - top > room) area.scrollTop = Math.max(0, top - height);
    else if (bottom > area.scrollTop + room) area.scrollTop = bottom - room + height;
    later();
  }
  function goTo(line, column = 1) {
    const start = lines.slice(0, line - 1).reduce((all, one) => all + one.length + 1, 0);
    const into = start + [...lines[line - 1] ?? ''].slice(0, column - 1).join('').length;
    area.focus({preventScroll: true});
    area.setSelectionRange(into, into);
    locate();
    bring(line);
  }
  sync();
  return {
    sync, goTo,
    // Lines [first, last] to mark as those of the chosen layer, or null.
    mark(range) { marked = range; later(); },
    reveal: bring,
    focus: () => area.focus(),
    // The line that the user is in, or null where the text has not the focus.
    line: () => document.activeElement === area ? at.line : null,
    end() { for (const stop of ends) stop(); cancelAnimationFrame(due); },
  };
}

const PARTS = /(#.*)|("(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?)|([A-Za-z_][\w.]*)(?=\s*[:{<[])|([-+]?(?:\d[\w.]*(?:[eE][-+]?\d+)?|\.\d+|\binf\b|\bnan\b))|([A-Za-z_]\w*)/g;
const KINDS = ['c', 's', 'f', 'n', 'e'];

// A line of a prototxt with its parts in colours.
function coloured(line) {
  const parts = [];
  let end = 0;
  for (const match of line.matchAll(PARTS)) {
    if (match.index > end) parts.push(html`${line.slice(end, match.index)}`);
    parts.push(html`<b class="${KINDS[match.slice(1).findIndex(group => group !== undefined)]}">${match[0]}</b>`);
    end = match.index + match[0].length;
  }
  parts.push(html`${line.slice(end)}`);
  return parts;
}
