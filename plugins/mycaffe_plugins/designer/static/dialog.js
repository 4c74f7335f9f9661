// Dialogs: the native <dialog>, which keeps the focus inside, closes by Esc and gives the focus back.
import {icon} from './icons.js';
import {html, paint} from './store.js';

let count = 0;

// Open a dialog; body and footer are places to paint into. `submit()`: Enter in a field, or a submit button of the footer.
// Returns {dialog, body, footer, close()}; closed() is called once, however it was closed.
export function openDialog({title, narrow = false, submit = null, closed = () => {}, name = ''}) {
  const dialog = document.createElement('dialog'), id = `dialog-${++count}`;
  dialog.className = [narrow && 'narrow', name].filter(Boolean).join(' ');
  dialog.setAttribute('aria-labelledby', id);
  paint(dialog, html`<form novalidate><header><h1 id="${id}">${title}</h1>
    <button type="button" class="btn icon" data-close aria-label="Close">${icon('x')}</button></header>
    <div class="body"></div><footer></footer></form>`);
  const opener = document.activeElement;
  dialog.addEventListener('submit', event => { event.preventDefault(); submit?.(); });
  // A click outside closes; text that is selected until outside is no such click.
  let outside = false;
  dialog.addEventListener('pointerdown', event => { outside = event.target === dialog; });
  dialog.addEventListener('click', event => {
    if ((event.target === dialog && outside) || event.target.closest('[data-close]')) dialog.close();
  });
  dialog.addEventListener('close', () => {
    dialog.remove();
    if (opener?.isConnected) opener.focus();
    closed();
  });
  document.body.append(dialog);
  dialog.showModal();
  return {dialog, body: dialog.querySelector('.body'), footer: dialog.querySelector('footer'), close: () => dialog.close()};
}
