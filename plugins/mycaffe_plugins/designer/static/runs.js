// All runs of a project, some of them compared: their states, one figure's curves, what differs in their settings.
import {ApiError, get, ofProject, pageOfRun, throttled} from './api.js';
import {CompareChart, Differences, lineOf} from './compare.js';
import {icon} from './icons.js';
import {commandLine} from './run_files.js';
import {failed, runName, say} from './shell.js';
import {startActions, wireStart} from './start_run.js';
import {html, listen, paint} from './store.js';
import {subscribe} from './stream.js';
import {ago, counted, figure, isLive, nameOf, stateOf, whole} from './words.js';

const MOST = 12, AT_FIRST = 3;

export async function open(ctx) {
  const page = new RunsPage(ctx);
  ctx.onClose(() => page.close());
  await page.open();
}

class RunsPage {
  constructor(ctx) {
    Object.assign(this, {ctx, project: ctx.project, ends: [], chosen: [], runs: [], closed: false});
    const later = throttled(500, () => this.table());
    this.ends.push(subscribe('run', ({run: _, project, ...news}) => {
      if (project !== this.project.name || this.closed) return;
      const known = this.runs.findIndex(run => run.id === news.id);
      if (known < 0) this.runs = [news, ...this.runs]; else this.runs[known] = {...this.runs[known], ...news};
      if (!this.part) this.draw(); else later();
    }));
  }

  async open() {
    const {ctx} = this;
    ctx.top({view: 'runs', title: 'Runs', actions: startActions(this.project)});
    wireStart(ctx);
    paint(ctx.place, html`<p class="waiting">Reading the runs.</p>`);
    const {runs} = await get(ofProject(this.project.name, '/runs'));
    if (this.closed) return;
    this.runs = runs;
    const asked = (ctx.query.get('runs') ?? '').split(',').filter(id => runs.some(run => run.id === id));
    const trained = runs.filter(run => run.iteration > 0);
    this.chosen = (ctx.query.has('runs') ? asked : trained.slice(0, AT_FIRST).map(run => run.id)).slice(0, MOST);
    this.ends.push(listen(ctx.place, {
      choose: box => this.choose(box.value, box.checked),
      report: button => this.report(button),
    }));
    this.draw();
    const tick = setInterval(() => this.part && this.table(), 30_000); // "8 min ago"
    this.ends.push(() => clearInterval(tick));
  }

  draw() {
    const {ctx, project} = this;
    if (!this.runs.length) {
      paint(ctx.place, html`<div class="empty"><p>Not trained yet. Start training, or run this in a terminal:</p>
        <div class="command"><span class="grow">${commandLine(['mycaffe', 'train', '--solver', project.solver.file, '--model', project.model.file])}</span></div></div>`);
      return;
    }
    paint(ctx.place, html`<div class="scroll runs-page"><div class="head"></div><section class="box flush"
      aria-label="Runs"><div class="wide table-at"></div></section>
      <div class="curve-at"></div><div class="differs-at"></div></div>`);
    this.part = name => ctx.place.querySelector(name);
    this.chart = new CompareChart(this.part('.curve-at'), project, {
      figure: ctx.query.get('figure'), smooth: ctx.query.get('smooth'), changed: query => ctx.setQuery(query),
    });
    this.differences = new Differences(this.part('.differs-at'), project);
    this.compared();
  }

  choose(id, on) {
    if (on && this.chosen.length >= MOST) { say(`At most ${MOST} runs are compared`); this.table(true); return; }
    // In the order of the table, so that colours do not depend on the order of clicks.
    this.chosen = this.runs.map(run => run.id).filter(other => other === id ? on : this.chosen.includes(other));
    this.ctx.setQuery({runs: this.chosen.length ? this.chosen.join(',') : ','});
    this.compared();
  }

  compared() {
    const shown = this.chosen.map((id, i) => ({id, name: runName(this.runs.find(run => run.id === id), {runs: this.runs}), ...lineOf(i)}));
    this.chart.show(shown);
    this.differences.show(shown);
    this.table();
  }

  table() {
    const {runs, chosen} = this, full = chosen.length >= MOST;
    paint(this.part('.head'), html`<h1>Runs</h1><span class="muted small">${chosen.length} of ${runs.length} compared</span><div class="grow"></div>
      <button class="btn label-s" data-do="report" data-key="report" ${(!chosen.length || this.reporting) && 'disabled'}
        title="One HTML file with curves, graph, settings and figures">${icon('save')}<span>${this.reporting ? 'Writing' : 'Report'}</span></button>`);
    const columns = ['accuracy', 'mean_abs_error', 'validation_error', 'loss', 'test accuracy'].filter(name => runs.some(run => run.figures?.[name] != null));
    const heading = {mean_abs_error: 'Mean abs. error', accuracy: 'Accuracy', 'test accuracy': 'Test accuracy'};
    paint(this.part('.table-at'), html`<table class="plain"><thead><tr><th>Compare</th><th>Run</th><th>State</th><th class="n">Updates</th>
      ${columns.map(name => html`<th class="n">${heading[name] ?? nameOf(name)}${name === 'accuracy' &&
        html` <span class="tiny">(baseline)</span>`}</th>`)}
      <th class="n">Seed</th><th>Started</th></tr></thead><tbody>${runs.map(run => {
        const at = chosen.indexOf(run.id), line = at < 0 ? null : lineOf(at), name = runName(run, {runs});
        return html`<tr><td><label class="check-at ${line ? `k-c${line.color.slice(3)}` : ''}"><input class="check" type="checkbox"
          data-change="choose" data-key="c ${run.id}" value="${run.id}" ${line && 'checked'}
            ${!line && full && 'disabled'} aria-label="Compare run ${name}"></label></td>
          <td><span class="swatch ${line ? `k-c${line.color.slice(3)} ${line.kind}` : 'off'}"></span><a href="${pageOfRun(this.project.name, run.id)}">${name}</a>${run.resumed_from && html` <span class="muted tiny">from ${run.resumed_from.split('/').at(-1)}</span>`}</td>
          <td><span class="pill ${run.state}" title="${run.message ?? ''}">${isLive(run) &&
            html`<span class="dot pulse"></span>`}${stateOf(run.state)}</span></td>
          <td class="n">${whole(run.iteration ?? 0)}${run.max_iter != null && ` / ${whole(run.max_iter)}`}</td>
          ${columns.map(column => html`<td class="n">${cell(run, column)}</td>`)}
          <td class="n">${run.seed ?? '–'}</td><td class="muted">${ago(run.started)}</td></tr>`;
      })}</tbody></table>`);
    // What is checked is a property, which a repaint of equal markup leaves as the user set it.
    for (const box of this.part('.table-at').querySelectorAll('.check')) box.checked = chosen.includes(box.value);
  }

  async report(button) {
    button.disabled = this.reporting = true;
    this.table();
    try {
      const answer = await fetch(ofProject(this.project.name, `/report?runs=${this.chosen.map(encodeURIComponent).join(',')}`));
      if (!answer.ok) throw new ApiError(answer.status, await answer.json().catch(() => null));
      const link = document.createElement('a');
      link.href = URL.createObjectURL(await answer.blob());
      link.download = `${this.project.name}-${counted(this.chosen.length, 'run').replace(' ', '-')}.html`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
      say('Report written');
    } catch (error) {
      failed(error instanceof ApiError ? error : new ApiError(0, null));
    } finally {
      this.reporting = false;
      if (!this.closed) this.table();
    }
  }

  close() {
    this.closed = true;
    this.ends.forEach(end => end());
    this.chart?.close();
    this.differences?.close();
  }
}

// An accuracy never stands without its baseline.
function cell(run, name) {
  const value = run.figures?.[name];
  if (value == null) return '–';
  if (name !== 'accuracy') return figure(value);
  const baseline = run.figures.baseline_accuracy;
  return baseline == null ? '–' : html`${figure(value)} <span class="muted">(${figure(baseline)})</span>`;
}
