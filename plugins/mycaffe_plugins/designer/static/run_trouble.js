// A run that has failed, diverged, is lost or stopping: what happened, where, and what to do next.
import {pageOf} from './api.js';
import {icon} from './icons.js';
import {placeUrl} from './start_run.js';
import {html} from './store.js';
import {whole} from './words.js';

export function trouble(run, project, {asked = null, output = false, notANumber = null} = {}) {
  const resume = run.snapshots?.length > 0;
  if (run.state === 'running' && asked === 'stop') return html`<p class="said muted small" role="status">Stopping after this update, with a snapshot.</p>`;
  if (run.state === 'lost') {
    return html`<section class="box trouble warn" role="alert"><p><b>${run.message || "This run's process is gone."}</b></p>
      ${resume ? html`<button class="btn" data-do="resume" data-key="resume-lost">${icon('play')}Resume from there</button>`
        : html`<p class="small muted">A new training can be started.</p>`}</section>`;
  }
  if (run.state === 'diverged') {
    const message = run.problem?.message || run.message || `The loss is no longer a number${notANumber ? ` since update ${whole(notANumber)}` : ''}.`;
    return html`<section class="box trouble bad" role="alert"><p><b>${sentence(message)}</b></p>
      <p class="small">${sentence(run.problem?.hint || 'Lower base_lr, or set clip_gradients.')} <a href="${pageOf(project.name, '/solver')}">Open the solver</a></p>
      ${wholeOutput(run, output)}</section>`;
  }
  if (run.state === 'failed') {
    const problem = run.problem ?? {};
    return html`<section class="box trouble bad" role="alert"><p><b>${sentence(problem.message || run.message || 'The training ended with an error.')}</b></p>
      ${problem.hint && html`<p class="small pre">${problem.hint}</p>`}${where(problem, project)}${wholeOutput(run, output)}</section>`;
  }
  return null;
}

// Words begin with a capital letter; names of files and fields stay as they are.
const sentence = text => (/^[a-z]+ /.test(text) ? text[0].toUpperCase() + text.slice(1) : text) + (/[.!?:]$/.test(text) ? '' : '.');

// "solver.prototxt, line 12" as a link that opens it there; files that are not the project's two are named.
function where({file, line, column, project_file: kind}, project) {
  if (!file) return null;
  const text = `${file.split(/[\\/]/).at(-1)}${line ? `, line ${whole(line)}` : ''}`;
  if (kind) return html`<p class="small"><a href="${placeUrl(project.name, kind, {line, column})}">${text}</a></p>`;
  return html`<p class="small"><span class="mono">${file}${line && `:${line}`}</span>
    ${project.gym && html` · <a href="${pageOf(project.name, '/gym')}">Open the gym's settings</a>`}</p>`;
}

const wholeOutput = (run, shown) => run.output && html`<button class="link small" data-do="output" data-key="output"
  aria-expanded="${shown}">${shown ? 'Hide the output' : 'Show the whole output'}</button>
  ${shown && html`<pre class="output" tabindex="0">${run.output}</pre>`}`;
