// @ts-check
/**
 * What the person decides. The looks are this browser's own and kept here; the rest is told to the server, which keeps
 * it for all panels.
 *
 * @typedef {import('./protocol').Choices} Choices
 * @typedef {import('./protocol').FromPanel} FromPanel
 * @typedef {Extract<import('./protocol').ToPanel, {t: 'status'}>} Status
 */
import { DEFAULT_PORT } from './connection.js';
import { byId, make } from './dom.js';
import { words } from './words.js';

/** What the form shows of the server's, to tell when that has changed. */
let filled = '';

/** @param {string} id */
const input = (id) => byId(id, HTMLInputElement);

export function chosenLanguage() {
  return /** @type {import('./words.js').Language} */ (localStorage.getItem('language') ?? '');
}

function wearTheme() {
  const theme = localStorage.getItem('theme') ?? '';
  if (theme) document.documentElement.dataset['theme'] = theme;
  else delete document.documentElement.dataset['theme'];
}

/** The model in use, how it runs and why. @param {Status} status */
export function showStatus({ model, engine, precision, tokens_per_s: speed, why, choices }) {
  const name = model || words('firstModel');
  const rate = speed ? words('tokensPerSecond', speed.toFixed(0)) : '';
  const chip = byId('model-chip', HTMLElement);
  chip.textContent = [name, precision || engine, rate].filter(Boolean).join(' · ');
  const reason = why || words(choices.base_url ? 'youChose' : 'startedWith');
  chip.title = reason;
  chip.setAttribute('aria-label', `${words('model')}: ${chip.textContent}`);
  /** @type {[string, string][]} */
  const rows = [['model', name], ['engine', engine], ['precision', precision], ['speed', rate], ['why', reason]];
  byId('model', HTMLElement).replaceChildren(
    ...rows.filter(([, value]) => value).flatMap(([key, value]) => [make('dt', '', words(key)), make('dd', '', value)]),
  );
}

/** Unless it shows them already: what the person is just typing stays. @param {Choices} choices */
export function fillSettings(choices) {
  if (filled === JSON.stringify(choices)) return;
  filled = JSON.stringify(choices);
  input('steps').value = String(choices.steps);
  input('minutes').value = String(choices.minutes);
  input('careful').checked = choices.careful;
  input('pictures').checked = choices.pictures;
  input('base-url').value = choices.base_url;
  input('model-name').value = choices.model;
}

/** @returns {Choices} */
function chosen() {
  return {
    steps: Number(input('steps').value), minutes: Number(input('minutes').value), careful: input('careful').checked,
    pictures: input('pictures').checked, base_url: input('base-url').value.trim(), model: input('model-name').value.trim(),
  }; // prettier-ignore
}

/** @param {(message: FromPanel) => void} tell @param {() => void} retell says everything in the new language */
export function onSettings(tell, retell) {
  wearTheme();
  for (const [id, apply] of /** @type {[string, () => void][]} */ ([['theme', wearTheme], ['language', retell]])) {
    const select = byId(id, HTMLSelectElement);
    select.value = localStorage.getItem(id) ?? '';
    select.addEventListener('change', () => {
      localStorage.setItem(id, select.value);
      apply();
    });
  }
  chrome.storage.local.get({ port: DEFAULT_PORT }).then((kept) => {
    input('port').value ||= String(kept['port']); // unless the person was faster
  });
  const form = byId('options', HTMLFormElement);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (filled) tell({ t: 'settings', choices: chosen() });
    tell({ t: 'port', port: Number(input('port').value) });
    byId('saved', HTMLElement).textContent = words('saved');
  });
  form.addEventListener('input', () => {
    byId('saved', HTMLElement).textContent = '';
  });
}
