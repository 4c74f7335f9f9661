// Keys and fingers in a chart: arrows move the cursor, with Shift they select, Enter zooms, Esc shows all and follows.

export function chartKeys(chart) {
  let anchor = null;
  const heard = event => {
    const plot = chart.plot;
    if (!plot || event.ctrlKey || event.metaKey || event.altKey) return;
    const [from, to] = plot.series[0].idxs;
    const step = Math.max(1, Math.round((to - from) / 100));
    const now = plot.cursor.idx ?? to;
    const goal = {
      ArrowLeft: now - step, ArrowRight: now + step, PageUp: now - 10 * step, PageDown: now + 10 * step, Home: from, End: to,
    }[event.key];
    if (goal !== undefined) {
      const at = Math.min(to, Math.max(from, goal));
      if (event.shiftKey) anchor ??= now; else anchor = null;
      const left = plot.valToPos(plot.data[0][at], 'x');
      plot.setCursor({left, top: plot.over.clientHeight / 2});
      select(plot, anchor == null ? null : plot.valToPos(plot.data[0][anchor], 'x'), left);
    } else if (event.key === 'Enter' && anchor != null) {
      const [a, b] = [plot.data[0][anchor], plot.data[0][now]].sort((one, other) => one - other);
      anchor = null;
      chart.zoomTo(a, b);
    } else if (event.key === 'Escape' && (chart.zoom || anchor != null || plot.cursor.left >= 0)) {
      anchor = null;
      select(plot, null);
      plot.setCursor({left: -10, top: -10});
      chart.setZoom(null);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  chart.frame.addEventListener('keydown', heard);
  chart.frame.addEventListener('blur', () => { anchor = null; chart.plot?.setCursor({left: -10, top: -10}); });
}

function select(plot, from, to = from) {
  plot.setSelect(from == null ? {left: 0, width: 0, top: 0, height: 0}
    : {left: Math.min(from, to), width: Math.abs(to - from), top: 0, height: plot.over.clientHeight}, false);
}

// A finger moves the cursor sideways; up and down it still scrolls the page (touch-action in charts.css).
export function chartTouch(plot) {
  const move = event => {
    if (event.pointerType !== 'touch') return;
    const {left, top} = plot.over.getBoundingClientRect();
    plot.setCursor({left: event.clientX - left, top: event.clientY - top});
  };
  plot.over.addEventListener('pointerdown', move);
  plot.over.addEventListener('pointermove', move);
}
