// @ts-check
/**
 * The side panel: shows how things stand and tells what the person wants. All it knows came over its port; when that
 * breaks, because the worker died, it opens another one and is told everything anew.
 *
 * @typedef {import('./protocol').ToPanel} ToPanel
 * @typedef {import('./protocol').FromPanel} FromPanel
 */
import { byId, button, make, show } from './dom.js';
import { clearPast, closeRecording, showPast, showRecordedShot, showRecording, showRedone } from './past.js';
import { conversation } from './runs.js';
import { chosenLanguage, fillSettings, onSettings, showStatus } from './settings.js';
import { speak, words } from './words.js';
import { makeNonce } from './wire.js';

const task = byId('task', HTMLTextAreaElement);
/** @type {import('./protocol').Connection} */
let connection = { state: 'connecting', detail: '' };
/** @type {Extract<ToPanel, {t: 'status'}> | null} */
let status = null;
/** A task that was not heard yet; the worker may die over it. @type {Extract<FromPanel, {t: 'start'}> | null} */
let wanted = null;
const talk = conversation(tell);

// ---------------------------------------------------------------- the port

/** @type {chrome.runtime.Port} */
let port;

function open() {
  port = chrome.runtime.connect({ name: 'panel' });
  port.onMessage.addListener((message) => take(/** @type {ToPanel} */ (message)));
  port.onDisconnect.addListener(() => setTimeout(open, 200));
}

/** @param {FromPanel} message */
function tell(message) {
  port.postMessage(message);
}

/** @param {ToPanel} message */
function take(message) {
  switch (message.t) {
    case 'connection':
      connection = message;
      steer();
      if (connection.state !== 'connected') return;
      if (wanted) tell(wanted);
      return tell({ t: 'list' });
    case 'status':
      status = message;
      fillSettings(status.choices);
      return showStatus(status);
    case 'run': {
      const heard = message.wish === wanted?.wish;
      if (heard) wanted = null;
      talk.run(message, heard);
      return steer();
    }
    case 'step':
      return talk.step(message);
    case 'thinking':
      return talk.thinking(message.run, message.text);
    case 'question':
      return talk.question(message);
    case 'shot':
      talk.shot(message.run, message.index, message.image);
      return showRecordedShot(message.run, message.index, message.image);
    case 'view':
      return void showView(message.run, message.tab, message.image);
    case 'error':
      return showProblem(message.message);
    case 'runs':
      talk.settle(message.runs);
      steer();
      return showPast(message.runs, tell);
    case 'redone':
      return showRedone(message);
    case 'recording':
      return showRecording(message.run, message.steps, tell, again);
    case 'point':
      return;
  }
}

// ---------------------------------------------------------------- how things stand

function showConnection() {
  const { state, detail } = connection;
  const view = byId('connection', HTMLElement);
  view.dataset['state'] = state;
  byId('connection-text', HTMLElement).textContent = words(state);
  view.title = detail;
  show('away', state === 'away' && !talk.size);
  show('pairing', state === 'unpaired' || state === 'refused');
  show('welcome', state === 'connected' && !talk.size);
  byId('pair-problem', HTMLElement).textContent = state === 'refused' ? detail : '';
  byId('send', HTMLButtonElement).disabled = state !== 'connected';
}

/** @param {string} text */
function showProblem(text) {
  byId('problem', HTMLElement).textContent = text;
  show('problem', Boolean(text));
}

/** The controls of the run that is under way, or the box for the next task. */
function steer() {
  const going = talk.going();
  const turned = byId('steering', HTMLElement).hidden === (going !== null);
  const held = document.activeElement?.matches('body, #steering *, #steering, #task-form *');
  show('steering', going !== null);
  show('task-form', going === null);
  // What had the keyboard's focus is gone: what stands in its place takes it.
  if (turned && held) (going ? byId('steering', HTMLElement) : task).focus();
  show('new-talk', talk.size > 0);
  byId('send', HTMLElement).textContent = words(talk.size ? 'followUp' : 'start');
  if (!going) show('view', false);
  showConnection();
  if (!going) return;
  const state = connection.state !== 'connected' ? 'waiting' : going.state === 'running' ? 'atWork' : going.state;
  byId('at-work', HTMLElement).textContent = words(state);
  byId('pause', HTMLElement).textContent = words(going.state === 'paused' ? 'resume' : 'pause');
}

/** The agent's tab, while the person looks at another one. @param {string} run @param {number} tab @param {string} image */
async function showView(run, tab, image) {
  const front = await tabInFront();
  show('view', front?.id !== tab && talk.going()?.run === run);
  const view = byId('view-image', HTMLImageElement);
  view.src = image;
  view.alt = words('viewOf');
  view.dataset['tab'] = String(tab);
}

async function tabInFront() {
  const [tab] = await chrome.tabs.query({ active: true, currentWindow: true });
  return tab;
}

chrome.tabs.onActivated.addListener(({ tabId }) => {
  const { tab } = byId('view-image', HTMLImageElement).dataset;
  show('view', tab !== undefined && talk.going() !== null && tab !== String(tabId));
});

byId('go-there', HTMLElement).addEventListener('click', async () => {
  const { tab } = byId('view-image', HTMLImageElement).dataset;
  if (tab) await chrome.tabs.update(Number(tab), { active: true });
});

// ---------------------------------------------------------------- what the person does

const VIEWS = ['talk', 'past', 'settings'];

/** @param {string} view */
function turnTo(view) {
  document.body.dataset['view'] = view;
  for (const name of VIEWS) {
    show(name, name === view);
    const turn = byId(`show-${name}`, HTMLElement);
    if (name === view) turn.setAttribute('aria-current', 'page');
    else turn.removeAttribute('aria-current');
  }
  if (view !== 'past') return;
  closeRecording();
  // What was listed before is not what there is now: a click would open another run than the one it was meant for.
  clearPast();
  tell({ t: 'list' });
}

/** @param {string} text */
function again(text) {
  turnTo('talk');
  task.value = text;
  task.focus();
}

byId('pair', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  const code = byId('code', HTMLInputElement).value.toUpperCase().replace(/[^A-Z0-9]/g, '');
  tell({ t: 'pair', code });
});

byId('task-form', HTMLFormElement).addEventListener('submit', async (event) => {
  event.preventDefault();
  showProblem('');
  const tab = await tabInFront();
  const text = task.value.trim();
  if (!text || tab?.id === undefined || connection.state !== 'connected') return;
  wanted = { t: 'start', wish: makeNonce(), tab: tab.id, url: tab.url ?? '', task: text, run: talk.last() };
  tell(wanted);
  task.value = '';
});

task.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  byId('task-form', HTMLFormElement).requestSubmit();
});

byId('stop', HTMLElement).addEventListener('click', () => {
  const going = talk.going();
  if (going) tell({ t: 'stop', run: going.run });
});

byId('pause', HTMLElement).addEventListener('click', () => {
  const going = talk.going();
  if (going) tell({ t: going.state === 'paused' ? 'resume' : 'pause', run: going.run });
});

byId('new-talk', HTMLElement).addEventListener('click', () => {
  talk.clear();
  steer();
  task.focus();
});

byId('model-chip', HTMLElement).addEventListener('click', () => turnTo('settings'));
for (const view of VIEWS) byId(`show-${view}`, HTMLElement).addEventListener('click', () => turnTo(view));

/** Everything that has words, in the language of choice. */
function retell() {
  speak(chosenLanguage());
  task.placeholder = words('task');
  const examples = ['example1', 'example2', 'example3'].map((key) => words(key));
  byId('examples', HTMLElement).replaceChildren(
    ...examples.map((example) => make('li', '', button(example, () => again(example)))),
  );
  if (status) showStatus(status);
  talk.redraw();
  steer();
}

onSettings(tell, retell);
retell();
open();
