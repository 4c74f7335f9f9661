// Start training: the button of the top bar, its settings, and what is said when it is refused.
import {ApiError, get, ofProject, pageOf, pageOfRun, post} from './api.js';
import {openDialog} from './dialog.js';
import {saveDocument} from './docbar.js';
import {openedDocuments} from './documents.js';
import {icon} from './icons.js';
import {bindKeys} from './keys.js';
import {failed, notice, refreshProject, runName, say, shell} from './shell.js';
import {html, listen, paint} from './store.js';
import {counted, isLive, whole, wordsOf} from './words.js';

const PLAIN = {device: 'auto', seed: null, iterations: null, resume: null, weights: null};

// Markup for the top bar; needs wireStart in the same view.
export const startActions = () => html`<span class="btn-pair">
  <button class="btn primary" data-do="start-run" data-key="start-run" title="Ctrl Enter">${icon('play')}Start training</button>
  <button class="btn primary" data-do="start-options" data-key="start-options" aria-haspopup="dialog"
    aria-label="Start with other settings" title="Device, seed, updates, weights">${icon('down')}</button></span>`;

export function wireStart(ctx) {
  const start = () => startRun(ctx.project, ctx.go);
  ctx.onClose(
    listen(document.getElementById('top'), {'start-run': start, 'start-options': () => askStart(ctx.project, ctx.go)}),
    bindKeys({'ctrl+Enter': ['Start training', () => { start(); }]}),
  );
}

let starting = false; // a second click while the first is on its way starts nothing

// Save what is changed, start, go to the run's page; resolves to the run, or to null with the reason shown.
export async function startRun(project, go, options = {}) {
  if (starting) return null;
  starting = true;
  let run = null;
  try {
    if (!await saved(project, go)) return null;
    ({run} = await post(ofProject(project.name, '/runs'), {...PLAIN, ...options}));
    say(`Training started: run ${run}`);
    await refreshProject();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 422) showProblems(project, error); else failed(error);
    return null;
  } finally {
    starting = false;
  }
  await go(pageOfRun(project.name, run));
  return run;
}

async function saved(project, go) {
  for (const one of await openedDocuments(project.name)) {
    if (await saveDocument(one)) continue;
    if (one.conflict) {
      notice(`Not started: ${one.name} was changed by another program. Choose which text to keep first.`, {
        bad: true, action: {label: `Open ${one.name}`, act: () => go(pageOf(project.name, `/${one.kind}`))},
      });
    }
    return false;
  }
  return true;
}

// The address that opens a place in one of the project's two files.
export function placeUrl(project, kind, {layer = '', line = null, column = null} = {}) {
  const query = new URLSearchParams();
  if (layer) query.set('layer', layer);
  if (line) query.set('line', line);
  if (line && column) query.set('column', column);
  const text = query.toString();
  return pageOf(project, `/${kind}${text && `?${text}`}`);
}

function showProblems(project, {message, hint, body}) {
  const problems = body.problems ?? [];
  const errors = Object.entries(body.errors ?? {}).filter(([, text]) => text !== message);
  const {dialog, body: place, footer, close} = openDialog({title: 'Not started', narrow: true, submit: () => close()});
  paint(place, html`<p>${problems.length ? `${counted(problems.length, 'problem')} must be repaired first.` : message}</p>
    ${hint && !problems.length && html`<p class="muted small">${hint}</p>`}
    ${(problems.length > 0 || errors.length > 0) && html`<ul class="problems">${problems.map(one => problemRow(project, one))}
      ${errors.map(([field, text]) => html`<li><p>${field && html`<b>${field}</b> `}${text}</p></li>`)}</ul>`}`);
  paint(footer, html`<div class="grow"></div><button class="btn primary">Close</button>`);
  footer.querySelector('.primary').focus();
  // A link leaves the dialog for the place that it names.
  dialog.addEventListener('click', event => { if (event.target.closest('a')) close(); });
}

function problemRow(project, one) {
  const kind = one.kind === 'solver' ? 'solver' : 'model';
  const file = project[kind].file;
  return html`<li><p>${one.layer && html`<b>${one.layer}</b> `}${wordsOf(one)}</p>
    ${one.hint && html`<p class="muted small">${one.hint}</p>`}
    <a href="${placeUrl(project.name, kind, one)}">${file}${one.line ? `, line ${whole(one.line)}` : ''}</a></li>`;
}

// The arrow beside the button: device, seed, updates, weights, resume.
export async function askStart(project, go, first = {}) {
  const {devices = []} = shell.get().about ?? {};
  const {runs} = await get(ofProject(project.name, '/runs'));
  if (document.querySelector('dialog[open]')) return; // a second click meanwhile
  const goesOn = runs.filter(run => !isLive(run) && run.iteration > 0);
  const runChoice = run => html`<option value="${run.id}">${runName(run, {runs})}, ${counted(run.iteration, 'update')}</option>`;
  const {dialog, body, footer, close} = openDialog({title: 'Start training', narrow: true, submit: () => {
    const options = read(dialog);
    if (!options) return;
    close();
    startRun(project, go, options);
  }});
  paint(body, html`<div class="cols">
      <div class="field"><label for="start-device">Device</label><select class="in" id="start-device" name="device">
        <option value="auto">automatic</option>${devices.map(one =>
          html`<option value="${one.name}" ${!one.ok && 'disabled'}>${one.label ?? one.name}</option>`)}</select>
        ${devices.filter(one => !one.ok).map(one => html`<p class="doc">${one.label ?? one.name}: ${one.reason}</p>`)}</div>
      <div class="field"><label for="start-seed">Seed</label>
        <input class="in" id="start-seed" name="seed" inputmode="numeric" placeholder="the solver's" aria-describedby="start-seed-err">
        <p class="err" id="start-seed-err" hidden></p></div>
    </div>
    <div class="field"><label for="start-iterations">Updates</label>
      <input class="in" id="start-iterations" name="iterations" inputmode="numeric"
        placeholder="${project.solver.max_iter ? `the solver's: ${whole(project.solver.max_iter)}` : "the solver's"}" aria-describedby="start-iterations-err">
      <p class="err" id="start-iterations-err" hidden></p></div>
    <div class="field"><label for="start-from">Begin with</label><select class="in" id="start-from" name="from">
      <option value="">fresh weights</option>
      ${goesOn.length > 0 && html`<optgroup label="Resume: weights and solver's state">${goesOn.map(run =>
        html`<option value="resume ${run.id}">go on from ${runName(run, {runs})}, update ${whole(run.iteration)}</option>`)}</optgroup>
      <optgroup label="Weights only">${goesOn.map(run =>
        html`<option value="weights ${run.id}">weights of ${runName(run, {runs})}, update ${whole(run.iteration)}</option>`)}</optgroup>`}
      </select></div>`);
  paint(footer, html`<div class="grow"></div><button type="button" class="btn" data-close>Cancel</button>
    <button class="btn primary">${icon('play')}Start training</button>`);
  if (first.from) dialog.querySelector('[name=from]').value = first.from;
}

// The form's settings, or null with the messages at the fields.
function read(made) {
  const values = new FormData(made.querySelector('form'));
  let good = true;
  const number = (name, least, what) => {
    const text = String(values.get(name) ?? '').replace(/[\s,_]/g, '');
    const wrong = text !== '' && !(/^\d+$/.test(text) && Number(text) >= least && Number.isSafeInteger(Number(text)));
    const field = made.querySelector(`[name=${name}]`), line = made.querySelector(`#start-${name}-err`);
    field.setAttribute('aria-invalid', wrong);
    line.hidden = !wrong;
    line.textContent = wrong ? what : '';
    if (wrong && good) field.focus();
    good = good && !wrong;
    return text === '' ? null : Number(text);
  };
  const seed = number('seed', 0, 'A whole number from 0 on.');
  const iterations = number('iterations', 1, 'A whole number from 1 on.');
  const [how, run] = String(values.get('from')).split(/ (.*)/s);
  return good && {device: values.get('device'), seed, iterations, ...(how ? {[how]: run} : {})};
}
