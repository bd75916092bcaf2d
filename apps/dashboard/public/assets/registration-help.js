// The help shown for an empty fleet: a command that registers a backend, ready to copy.
import { byId, setText } from './dom.js';

/** How long the button shows that the command was copied. */
const COPIED_MS = 1500;

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
// Browsers offer the clipboard only over https and on localhost.
button.hidden = navigator.clipboard === undefined;
button.addEventListener('click', async () => {
  await navigator.clipboard.writeText(byId('register-command').textContent ?? '');
  setText(button, 'Copied');
  setTimeout(() => setText(button, 'Copy'), COPIED_MS);
});
