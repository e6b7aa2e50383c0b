/**
 * The question for the token. It works without this: what the address said beside the token is kept for the page that
 * was asked for, and a token that was not the right one is called that.
 */
import { element } from './elements.js';
import { hideToken } from './server.js';

const form = element('form', HTMLFormElement);

for (const [name, value] of new URL(location.href).searchParams) {
  if (name === 'token') element('#wrong', HTMLElement).hidden = false;
  else form.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }));
}
hideToken();
