// @ts-check
/**
 * What was recorded: the list of runs, and one of them with its steps.
 *
 * @typedef {import('./protocol').FromPanel} FromPanel
 * @typedef {Record<string, unknown>} Recorded
 */
import { byId, button, make, show } from './dom.js';
import { drawResult, drawShot, drawStep, showShot } from './runs.js';
import { words } from './words.js';

/** The one that is open. */
let open = '';
/** What is done with it once more. */
const redoing = make('div', '');
redoing.setAttribute('role', 'status');

/** @param {Recorded[]} runs @param {(message: FromPanel) => void} tell */
export function showPast(runs, tell) {
  const rows = runs.map((run) => {
    const when = new Date(Number(run['started']) * 1000).toLocaleString(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short' });
    const row = button('', () => tell({ t: 'show', run: String(run['id']) }));
    row.append(
      make('span', 'task', taskOf(run)),
      make('small', '', `${words(String(run['outcome'] ?? run['state']))} · ${words('stepsTaken', Number(run['steps']))} · ${when}`),
    );
    return make('li', '', row);
  });
  byId('recordings', HTMLElement).replaceChildren(...(rows.length ? rows : [make('li', 'soft', words('noRuns'))]));
}

/** Until it is told anew. */
export function clearPast() {
  byId('recordings', HTMLElement).replaceChildren();
}

/**
 * @param {Recorded} run
 * @param {Recorded[]} steps
 * @param {(message: FromPanel) => void} tell
 * @param {(task: string) => void} again
 */
export function showRecording(run, steps, tell, again) {
  open = String(run['id']);
  const look = (/** @type {number} */ index) => () => tell({ t: 'look', run: String(run['id']), index });
  const drawn = steps.map((step) => drawStep(recordedStep(step), look(Number(step['index']))));
  const state = /** @type {import('./runs.js').State} */ (run['outcome'] ?? run['state']);
  const left = drawShot(words('leftIt'));
  left.dataset['index'] = String(steps.length);
  look(steps.length)();
  byId('recording', HTMLElement).replaceChildren(
    make('p', 'said', taskOf(run)),
    make('ol', 'steps', ...drawn),
    drawResult(state, String(run['answer'] ?? run['error'] ?? '')),
    left,
    make('div', 'tools',
      button(words('again'), () => again(taskOf(run)), 'primary'),
      button(words('replay'), () => askToRedo('replay', tell)),
      button(words('export'), () => askToRedo('export', tell)),
      button(words('back'), closeRecording),
    ),
    redoing,
  ); // prettier-ignore
  redoing.replaceChildren();
  show('recording', true);
  show('recordings', false);
  byId('past-title', HTMLElement).focus();
}

/** What was sent will be sent again, so the person says yes first. @param {'replay' | 'export'} how @param {(message: FromPanel) => void} tell */
function askToRedo(how, tell) {
  const run = open;
  const yes = button(words('goAhead'), () => {
    redoing.replaceChildren(make('p', 'soft', words('redoing')), make('pre', ''));
    tell({ t: 'redo', run, how });
  }, 'primary');
  const no = button(words('cancel'), () => redoing.replaceChildren());
  redoing.replaceChildren(make('div', 'question', make('strong', '', words(how)), make('p', '', words(`${how}Ask`)), make('div', 'row', no, yes)));
  redoing.scrollIntoView();
  yes.focus();
}

/** @param {Extract<import('./protocol').ToPanel, {t: 'redone'}>} message */
export function showRedone({ run, how, state, line, file }) {
  if (run !== open) return;
  const log = redoing.querySelector('pre');
  if (line && log) log.textContent += `${line}\n`;
  if (state === 'going') return;
  const [head] = redoing.children;
  if (head) head.textContent = words(state === 'done' ? `${how}Done` : 'failed');
  if (!file) return;
  const save = make('a', 'save', words('saveFile', `test_${run}.py`));
  save.setAttribute('href', URL.createObjectURL(new Blob([file], { type: 'text/x-python' })));
  save.setAttribute('download', `test_${run}.py`);
  redoing.append(save);
  save.focus();
}

/** @param {string} run @param {number} index @param {string} image */
export function showRecordedShot(run, index, image) {
  if (run !== open) return;
  const place = byId('recording', HTMLElement).querySelector(`.shot[data-index='${index}'], [data-index='${index}'] .shot`);
  if (place instanceof HTMLImageElement) showShot(place, image);
}

export function closeRecording() {
  const was = open;
  open = '';
  show('recording', false);
  show('recordings', true);
  if (was) byId('past-title', HTMLElement).focus();
}

/** Without what came before it in its conversation. @param {Recorded} run */
function taskOf(run) {
  return String(run['task']).split('\n(Before this')[0] ?? '';
}

/** @param {Recorded} step @returns {import('./runs.js').Step} */
function recordedStep(step) {
  const seconds = Object.values(/** @type {Record<string, number>} */ (step['seconds'] ?? {}));
  return {
    t: 'step', run: '', index: Number(step['index']), did: String(step['did'] ?? ''),
    thinking: String(step['thinking'] ?? ''), outcome: String(step['outcome'] ?? ''), error: String(step['error'] ?? ''),
    seconds: seconds.reduce((sum, part) => sum + part, 0), picture: 'screenshot' in step,
  }; // prettier-ignore
}
