// The empty fleet's help: the command by which a backend joins, ready to copy.
import { byId, setText } from './dom.js';

/** How long the button says that it copied. */
const THANKS_MS = 1500;

/** @param {string} controlPlane */
export function showRegistration(controlPlane) {
  const body = { id: 'disk-1', port: 5453, resources: { compute: 20, storage: 36 } };
  setText(byId('control-plane'), controlPlane);
  setText(
    byId('register-command'),
    `curl ${controlPlane}/api/v1/backends \\\n  -H 'content-type: application/json' \\\n  -d '${JSON.stringify(body)}'`,
  );
}

const button = byId('copy-command');
// Browsers give pages a clipboard only over https and on localhost.
button.hidden = navigator.clipboard === undefined;
button.addEventListener('click', async () => {
  await navigator.clipboard.writeText(byId('register-command').textContent ?? '');
  setText(button, 'Copied');
  setTimeout(() => setText(button, 'Copy'), THANKS_MS);
});
