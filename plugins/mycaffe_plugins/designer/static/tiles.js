// The figures of a run above its charts. An accuracy never stands without its baseline.
import {html, paint} from './store.js';
import {counted, duration, figure, nameOf, whole} from './words.js';

const MEAN_OF = 100;
const MEAN_ERROR = html`Mean <span class="hide-s">absolute</span><span class="only-s">abs.</span> error`;

// Six at most: the trainer's figures or those of tests, then speed, time and memory.
export function tilesOf(run, series, tests) {
  const value = name => series.lastOf(name) ?? run.figures?.[name] ?? null;
  const all = [...trainers(value), ...losses(run, series, value)];
  if (all.length < 3) all.push(...ofTests(tests).slice(0, 3 - all.length));
  return [...all.slice(0, 3), ...pace(run, value)];
}

function trainers(value) {
  return ['accuracy', 'mean_abs_error'].flatMap(name => {
    const baseline = value(`baseline_${name}`);
    // Without a baseline it says nothing: then it is left to the curves.
    if (value(name) == null || baseline == null) return [];
    return [[name === 'mean_abs_error' ? MEAN_ERROR : nameOf(name), figure(value(name)), '', `baseline ${figure(baseline)}`]];
  });
}

function losses(run, series, value) {
  const mean = series.newest('loss', MEAN_OF);
  const shown = mean ?? value('loss');
  const of = mean == null ? 0 : Math.min(MEAN_OF, series.last - series.first + 1);
  return [['Loss', figure(shown), '', shown == null ? 'no update yet' : of ? `mean of last ${of}` : 'newest']];
}

function ofTests(tests) {
  const names = Object.keys(tests).filter(name => tests[name].iteration.length);
  names.sort((a, b) => /accuracy/.test(b) - /accuracy/.test(a));
  return names.map(name => [capital(name), figure(tests[name].value.at(-1)), '', `at update ${whole(tests[name].iteration.at(-1))}`]);
}

function pace(run, value) {
  const live = run.state === 'running';
  const [left, unit] = split(duration(run.left));
  const [spent, spentUnit] = split(duration(run.seconds));
  const of = run.max_iter ? `${whole(run.iteration ?? 0)} of ${whole(run.max_iter)}` : counted(run.iteration ?? 0, 'update');
  const lr = value('lr');
  return [
    ['Speed', run.rate == null ? '–' : figure(run.rate), run.rate == null ? '' : 'updates/s', of],
    live ? ['Time left', left, unit, run.seconds == null ? '' : `${duration(run.seconds)} so far`] : ['Time', spent, spentUnit, 'in all'],
    ['Memory', memory(run.memory ?? run.peak)[0], memory(run.memory ?? run.peak)[1], lr == null ? '' : `learning rate ${figure(lr)}`],
  ];
}

const capital = text => text[0].toUpperCase() + text.slice(1);
const memory = mb => mb == null ? ['–', ''] : mb >= 10_000 ? [figure(mb / 1024), 'GB'] : [whole(Math.round(mb)), 'MB'];

function split(text) {
  const [number, ...unit] = text.split(' ');
  return [number, unit.join(' ')];
}

// Draw them into a place: what has changed, and no more.
export function drawTiles(place, tiles) {
  paint(place, html`${tiles.map(([label]) => html`<dl class="tile"><dt>${label}</dt><dd></dd><dd class="below"></dd></dl>`)}`);
  tiles.forEach(([, number, unit, below], i) => {
    const [, value, note] = place.children[i]?.children ?? []; // none if the tiles wait for the end of a click
    if (!value) return;
    paint(value, html`${number}${unit && html` <small>${unit}</small>`}`);
    paint(note, html`${below}`);
  });
}
