// @ts-check
/**
 * The side panel: shows how things stand and tells what the person wants. All it knows came over its port; when that
 * breaks, because the worker died, it opens another one and is told everything anew.
 *
 * @typedef {import('./protocol').ToPanel} ToPanel
 * @typedef {import('./protocol').FromPanel} FromPanel
 * @typedef {Extract<ToPanel, {t: 'run'}>} Run
 * @typedef {Extract<ToPanel, {t: 'step'}>} Step
 * @typedef {Extract<ToPanel, {t: 'question'}>} Question
 * @typedef {{run: Run, steps: Map<number, Step>, thinking: string, question: Question | null, view: HTMLElement}} Shown
 */
import { DEFAULT_PORT } from './connection.js';
import { makeNonce } from './wire.js';

const ENDED = new Set(['finished', 'failed', 'stopped', 'limit', 'needs_human']);

/** @template {HTMLElement} T @param {string} id @param {new () => T} type @returns {T} */
function byId(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`no #${id}`);
  return found;
}

/** @param {string} key @param {string} [value] */
function words(key, value) {
  return chrome.i18n.getMessage(key, value === undefined ? undefined : [value]) || key;
}

/**
 * @param {string} tag
 * @param {string} className
 * @param {...(Node | string)} content text enters the page as text only
 */
function make(tag, className, ...content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

/** @param {string} text @param {() => void} act @param {string} [className] */
function button(text, act, className = '') {
  const made = make('button', className, text);
  made.setAttribute('type', 'button');
  made.addEventListener('click', act);
  return made;
}

const task = byId('task', HTMLTextAreaElement);
const runsView = byId('runs', HTMLElement);

/** The runs of this conversation, in order. @type {Map<string, Shown>} */
const shown = new Map();
/** @type {Extract<ToPanel, {t: 'status'}> | null} */
let status = null;
let connected = false;
/** A task that was not heard yet; the worker may die over it. @type {Extract<FromPanel, {t: 'start'}> | null} */
let wanted = null;

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
      return showConnection(message.state, message.detail);
    case 'status':
      status = message;
      return showStatus();
    case 'run':
      return showRun(message);
    case 'step':
      return showStep(message);
    case 'thinking':
      return showThinking(message.run, message.text);
    case 'question':
      return showQuestion(message);
    case 'error':
      return showProblem(message.message);
    case 'runs':
      return showPast(message.runs);
    case 'recording':
      return showRecording(message.run, message.steps);
    case 'point':
      return;
  }
}

// ---------------------------------------------------------------- the connection and the model

/** @param {import('./protocol').Connection['state']} state @param {string} detail */
function showConnection(state, detail) {
  const view = byId('connection', HTMLElement);
  view.dataset['state'] = state;
  byId('connection-text', HTMLElement).textContent = words(state);
  view.title = detail;
  connected = state === 'connected';
  byId('pairing', HTMLElement).hidden = state !== 'unpaired' && state !== 'refused';
  byId('pair-problem', HTMLElement).textContent = state === 'refused' ? detail : '';
  byId('send', HTMLButtonElement).disabled = !connected;
  if (!connected) return;
  if (wanted) tell(wanted);
  tell({ t: 'list' });
}

function showStatus() {
  if (!status) return;
  const { model, engine, precision, tokens_per_s: speed, why, steps } = status;
  const facts = [model, engine, precision, speed ? words('tokensPerSecond', speed.toFixed(0)) : ''].filter(Boolean);
  const chip = byId('model-chip', HTMLElement);
  chip.textContent = facts.join(' · ');
  chip.title = why;
  byId('steps', HTMLInputElement).value = String(steps);
  /** @type {[string, string][]} */
  const rows = [
    ['model', model], ['engine', engine], ['precision', precision],
    ['speed', speed ? words('tokensPerSecond', speed.toFixed(0)) : ''], ['why', why],
  ]; // prettier-ignore
  byId('model', HTMLElement).replaceChildren(
    ...rows.filter(([, value]) => value).flatMap(([key, value]) => [make('dt', '', words(key)), make('dd', '', value)]),
  );
}

/** @param {string} text */
function showProblem(text) {
  const view = byId('problem', HTMLElement);
  view.textContent = text;
  view.hidden = !text;
}

// ---------------------------------------------------------------- runs

/** @param {Run} run */
function showRun(run) {
  const heard = run.wish === wanted?.wish;
  if (heard) wanted = null;
  const known = shown.get(run.run);
  if (!known && ENDED.has(run.state) && !heard) return; // of an earlier conversation
  const one = known ?? { run, steps: new Map(), thinking: '', question: null, view: make('article', 'run') };
  one.run = run;
  if (run.state !== 'asking') one.question = null;
  if (!known) {
    shown.set(run.run, one);
    runsView.append(one.view);
  }
  draw(one);
  steer();
}

/** @param {Step} step */
function showStep(step) {
  const one = shown.get(step.run);
  if (!one) return;
  one.steps.set(step.index, step);
  one.thinking = '';
  draw(one);
}

/** @param {string} run @param {string} text */
function showThinking(run, text) {
  const one = shown.get(run);
  if (!one) return;
  one.thinking += text;
  const now = one.view.querySelector('.step.now pre');
  if (now) now.textContent = one.thinking;
  else draw(one);
}

/** @param {Question} question */
function showQuestion(question) {
  const one = shown.get(question.run);
  if (!one) return;
  one.question = question;
  draw(one);
  one.view.querySelector('input')?.focus();
}

/** @param {Shown} one */
function draw({ run, steps, thinking, question, view }) {
  byId('welcome', HTMLElement).hidden = true;
  const main = byId('talk', HTMLElement);
  const atEnd = main.scrollHeight - main.scrollTop - main.clientHeight < 60;
  const list = make('ol', 'steps', ...[...steps.values()].map(drawStep));
  const going = !ENDED.has(run.state);
  if (going && run.state === 'running') list.append(drawNow(thinking));
  view.replaceChildren(make('p', 'said', run.task.split('\n(Before this')[0] ?? ''), list);
  if (question && going) view.append(drawQuestion(question));
  if (!going) view.append(drawResult(run.state, run.answer || run.error));
  if (atEnd) main.scrollTop = main.scrollHeight;
}

/** @param {Step} step */
function drawStep({ did, thinking, outcome, error, seconds }) {
  const view = make('li', error ? 'step wrong' : 'step', make('span', 'time', words('seconds', seconds.toFixed(1))), did);
  if (error) view.append(make('p', 'note', error));
  else if (/^Ask /.test(did)) view.append(make('p', 'note', outcome));
  if (thinking) view.append(fold(words('thinking'), thinking));
  return view;
}

/** @param {string} title @param {string} text */
function fold(title, text) {
  return make('details', '', make('summary', '', title), make('pre', '', text));
}

/** @param {string} thinking */
function drawNow(thinking) {
  return make('li', 'step now', words('atWork'), make('pre', '', thinking));
}

/** @param {import('./protocol').RunState} state @param {string} text */
function drawResult(state, text) {
  const view = make('div', 'result', make('strong', '', words(state)), text);
  view.dataset['state'] = state;
  return view;
}

/** @param {Question} question */
function drawQuestion({ run, question, kind, text }) {
  const answer = (/** @type {string | null} */ said) => tell({ t: 'answer', run, question, text: said });
  const view = make('form', 'question', make('p', '', text));
  if (kind === 'approve') {
    view.append(
      make('div', 'row', button(words('refuse'), () => answer('no')), button(words('approve'), () => answer('yes'), 'primary')),
    );
  } else if (kind === 'take_over') {
    view.append(make('div', 'row', button(words('takeOver'), () => answer('done'), 'primary')));
  } else {
    const input = document.createElement('input');
    input.setAttribute('aria-label', words('answer'));
    const send = make('button', 'primary', words('answer'));
    view.append(input, make('div', 'row', button(words('noAnswer'), () => answer(null)), send));
    view.addEventListener('submit', (event) => {
      event.preventDefault();
      answer(input.value);
    });
  }
  return view;
}

function steer() {
  const last = [...shown.values()].at(-1);
  const going = last !== undefined && !ENDED.has(last.run.state);
  byId('steering', HTMLElement).hidden = !going;
  byId('task-form', HTMLElement).hidden = going;
  byId('send', HTMLElement).textContent = words(shown.size ? 'followUp' : 'start');
  byId('new-talk', HTMLElement).hidden = shown.size === 0;
  if (!last) return;
  const { state } = last.run;
  byId('at-work', HTMLElement).textContent = words(state === 'running' ? 'atWork' : state);
  byId('pause', HTMLElement).textContent = words(state === 'paused' ? 'resume' : 'pause');
}

// ---------------------------------------------------------------- past runs

/** @param {Record<string, unknown>[]} runs */
function showPast(runs) {
  const rows = runs.map((run) => {
    const ended = String(run['outcome'] ?? run['state']);
    const when = new Date(Number(run['started']) * 1000).toLocaleString();
    const row = button('', () => tell({ t: 'show', run: String(run['id']) }));
    row.append(String(run['task']), make('small', '', `${words(ended)} · ${when}`));
    return make('li', '', row);
  });
  byId('recordings', HTMLElement).replaceChildren(...(rows.length ? rows : [make('li', '', words('noRuns'))]));
}

/** @param {Record<string, unknown>} run @param {Record<string, unknown>[]} steps */
function showRecording(run, steps) {
  const list = make('ol', 'steps', ...steps.map((step) => drawStep(recordedStep(step))));
  const state = /** @type {import('./protocol').RunState} */ (String(run['outcome'] ?? 'stopped'));
  const view = byId('recording', HTMLElement);
  view.replaceChildren(
    make('p', 'said', String(run['task'])),
    list,
    drawResult(state, String(run['answer'] ?? '')),
    make('div', 'row', button(words('back'), closeRecording), button(words('again'), () => again(String(run['task'])), 'primary')),
  );
  view.hidden = false;
  byId('recordings', HTMLElement).hidden = true;
}

/** @param {Record<string, unknown>} step @returns {Step} */
function recordedStep(step) {
  const seconds = Object.values(/** @type {Record<string, number>} */ (step['seconds'] ?? {}));
  return {
    t: 'step', run: '', index: Number(step['index']), did: String(step['did'] ?? ''), thinking: '',
    outcome: String(step['outcome'] ?? ''), error: String(step['error'] ?? ''),
    seconds: seconds.reduce((sum, part) => sum + part, 0),
  }; // prettier-ignore
}

function closeRecording() {
  byId('recording', HTMLElement).hidden = true;
  byId('recordings', HTMLElement).hidden = false;
}

/** @param {string} text */
function again(text) {
  turnTo('talk');
  task.value = text;
  task.focus();
}

// ---------------------------------------------------------------- what the person does

const VIEWS = ['talk', 'past', 'settings'];

/** @param {string} view */
function turnTo(view) {
  for (const name of VIEWS) {
    byId(name, HTMLElement).hidden = name !== view;
    byId(`show-${name}`, HTMLElement).setAttribute('aria-pressed', String(name === view));
  }
  if (view === 'past') {
    closeRecording();
    byId('recordings', HTMLElement).replaceChildren();
    tell({ t: 'list' });
  }
}

byId('pair', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  const code = byId('code', HTMLInputElement).value.toUpperCase().replace(/[^A-Z0-9]/g, '');
  tell({ t: 'pair', code });
});

byId('task-form', HTMLFormElement).addEventListener('submit', async (event) => {
  event.preventDefault();
  showProblem('');
  const [tab] = await chrome.tabs.query({ active: true, currentWindow: true });
  const text = task.value.trim();
  if (!text || tab?.id === undefined || !connected) return;
  const last = [...shown.keys()].at(-1) ?? '';
  wanted = { t: 'start', wish: makeNonce(), tab: tab.id, url: tab.url ?? '', task: text, run: last };
  tell(wanted);
  task.value = '';
});

task.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  byId('task-form', HTMLFormElement).requestSubmit();
});

byId('stop', HTMLElement).addEventListener('click', () => {
  for (const { run } of shown.values()) if (!ENDED.has(run.state)) tell({ t: 'stop', run: run.run });
});

byId('pause', HTMLElement).addEventListener('click', () => {
  const last = [...shown.values()].at(-1);
  if (last) tell({ t: last.run.state === 'paused' ? 'resume' : 'pause', run: last.run.run });
});

byId('new-talk', HTMLElement).addEventListener('click', () => {
  shown.clear();
  runsView.replaceChildren();
  byId('welcome', HTMLElement).hidden = false;
  steer();
  task.focus();
});

byId('options', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  tell({ t: 'settings', steps: Number(byId('steps', HTMLInputElement).value) });
  tell({ t: 'port', port: Number(byId('port', HTMLInputElement).value) });
});

for (const view of VIEWS) byId(`show-${view}`, HTMLElement).addEventListener('click', () => turnTo(view));

for (const marked of document.querySelectorAll('[data-i18n]'))
  marked.textContent = words(/** @type {HTMLElement} */ (marked).dataset['i18n'] ?? '');
document.documentElement.lang = chrome.i18n.getUILanguage();
task.placeholder = words('task');
for (const key of ['example1', 'example2', 'example3']) {
  const example = words(key);
  byId('examples', HTMLElement).append(make('li', '', button(example, () => again(example))));
}
chrome.storage.local.get({ port: DEFAULT_PORT }).then((kept) => {
  byId('port', HTMLInputElement).value = String(kept['port']);
});
steer();
open();
