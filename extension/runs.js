// @ts-check
/**
 * The runs of one conversation, drawn as they go on. What is there stays there: only what is new is added, so that
 * nothing closes under the person's hand, and a screen reader is told of each thing once.
 *
 * @typedef {import('./protocol').ToPanel} ToPanel
 * @typedef {import('./protocol').FromPanel} FromPanel
 * @typedef {Extract<ToPanel, {t: 'run'}>} Told
 * @typedef {import('./protocol').RunState | 'died' | 'in doubt'} State a run whose server died is told of by the store alone
 * @typedef {Omit<Told, 'state'> & {state: State}} Run
 * @typedef {Extract<ToPanel, {t: 'step'}>} Step
 * @typedef {Extract<ToPanel, {t: 'question'}>} Question
 * @typedef {{run: Run, steps: Map<number, Step>, thinking: string, question: Question | null, view: HTMLElement,
 *   list: HTMLElement, tail: HTMLElement}} Shown
 */
import { announce, byId, button, fold, make } from './dom.js';
import { words } from './words.js';

const ENDED = new Set(['finished', 'failed', 'stopped', 'limit', 'needs_human', 'died', 'in doubt']);
const NEAR_END_PX = 60;

/** @param {(message: FromPanel) => void} tell */
export function conversation(tell) {
  /** In order. @type {Map<string, Shown>} */
  const shown = new Map();
  const view = byId('runs', HTMLElement);
  const main = byId('talk', HTMLElement);

  /** @param {() => void} change the page is kept at its end where it was there */
  function atEnd(change) {
    const was = main.scrollHeight - main.scrollTop - main.clientHeight < NEAR_END_PX;
    change();
    if (was) main.scrollTop = main.scrollHeight;
  }

  /** What follows the steps: what the model writes, a question, the result. @param {Shown} one */
  function drawTail(one) {
    const { run, question, thinking } = one;
    const going = !ENDED.has(run.state);
    one.list.querySelector('.now')?.remove();
    if (going && run.state === 'running') one.list.append(make('li', 'step now', words('atWork'), make('pre', '', thinking)));
    const tail = going ? question && drawQuestion(question, tell) : drawResult(run.state, run.answer || run.error);
    one.tail.replaceChildren(...(tail ? [tail] : []));
  }

  /** @param {Shown} one @param {Step} step */
  function addStep(one, step) {
    const drawn = drawStep(step, () => tell({ t: 'look', run: step.run, index: step.index }));
    one.list.querySelector(`[data-index='${step.index}']`)?.remove();
    const next = [...one.list.children].find((other) => Number(/** @type {HTMLElement} */ (other).dataset['index'] ?? Infinity) > step.index);
    one.list.insertBefore(drawn, next ?? null);
  }

  /** @param {Shown} one */
  function draw(one) {
    one.list.replaceChildren();
    for (const step of one.steps.values()) addStep(one, step);
    one.view.replaceChildren(make('p', 'said', one.run.task.split('\n(Before this')[0] ?? ''), one.list, one.tail);
    drawTail(one);
  }

  return {
    get size() {
      return shown.size;
    },

    /** The last run, while it goes on. */
    going() {
      const last = [...shown.values()].at(-1);
      return last && !ENDED.has(last.run.state) ? last.run : null;
    },

    /** Its id; '' when there is none. */
    last() {
      return [...shown.keys()].at(-1) ?? '';
    },

    /** @param {Run} run @param {boolean} heard it answers what was asked for just now */
    run(run, heard) {
      const known = shown.get(run.run);
      if (!known && ENDED.has(run.state) && !heard) return; // of an earlier conversation
      const one = known ?? {
        run, steps: new Map(), thinking: '', question: null,
        view: make('article', 'run'), list: make('ol', 'steps'), tail: make('div', ''),
      }; // prettier-ignore
      const before = known?.run.state;
      one.run = run;
      if (run.state !== 'asking') one.question = null;
      if (!known) {
        shown.set(run.run, one);
        view.append(one.view);
        draw(one);
        main.scrollTop = main.scrollHeight;
      } else if (before !== run.state) {
        atEnd(() => drawTail(one));
        if (ENDED.has(run.state)) announce(`${words(run.state)}. ${run.answer || run.error}`);
        else if (run.state === 'paused') announce(words('paused'));
      }
    },

    /** Those whose server is gone are over. @param {Record<string, unknown>[]} recorded */
    settle(recorded) {
      for (const { run } of [...shown.values()]) {
        const found = recorded.find(({ id }) => id === run.run);
        const state = /** @type {State} */ (found?.['outcome'] ?? found?.['state']);
        if (found && !ENDED.has(run.state) && ENDED.has(state)) this.run({ ...run, state, answer: String(found['answer'] ?? '') }, true);
      }
    },

    /** @param {Step} step */
    step(step) {
      const one = shown.get(step.run);
      if (!one || one.steps.has(step.index)) return;
      one.steps.set(step.index, step);
      one.thinking = '';
      atEnd(() => {
        addStep(one, step);
        drawTail(one);
      });
      announce([inWords(step.did), step.error].filter(Boolean).join('. '));
    },

    /** @param {string} run @param {string} text */
    thinking(run, text) {
      const one = shown.get(run);
      if (!one) return;
      one.thinking += text;
      const now = one.list.querySelector('.now pre');
      if (now) atEnd(() => (now.textContent = one.thinking));
    },

    /** @param {Question} question */
    question(question) {
      const one = shown.get(question.run);
      if (!one || one.question?.question === question.question) return;
      one.question = question;
      atEnd(() => drawTail(one));
      announce(`${words(question.kind)}: ${askedBy(question)}`);
      /** @type {HTMLElement | null} */ (one.tail.querySelector('input, button'))?.focus();
    },

    /** @param {string} run @param {number} index @param {string} image */
    shot(run, index, image) {
      const place = shown.get(run)?.list.querySelector(`[data-index='${index}'] .shot`);
      if (place instanceof HTMLImageElement) showShot(place, image);
    },

    clear() {
      shown.clear();
      view.replaceChildren();
    },

    redraw() {
      for (const one of shown.values()) draw(one);
    },
  };
}

/** One line; what the model thought and what the page looked like can be opened. @param {Step} step @param {() => void} look asks for the picture */
export function drawStep({ index, did, thinking, outcome, error, seconds, picture }, look) {
  const line = [make('span', 'time', words('seconds', seconds.toFixed(1))), make('span', 'did', inWords(did) || words('noAction'))];
  const more = [
    ...(thinking ? [make('pre', '', thinking)] : []),
    ...(picture ? [drawShot(words('pictureOf', index + 1))] : []),
  ];
  const view = make('li', error ? 'step wrong' : 'step', ...(more.length ? [fold(line, more, picture ? look : () => undefined)] : line));
  view.dataset['index'] = String(index);
  if (error) view.append(make('p', 'note', error));
  else if (/^(Ask|Extract) /.test(did)) view.append(make('p', 'note', outcome));
  return view;
}

/**
 * The action as a person reads it: its verb in their language, the element by its name where it has one, without the
 * number that the model knows it by.
 * @param {string} did
 */
export function inWords(did) {
  const [verb = ''] = /^.+?(?=:| \[| "| \d| \w+:|$)/.exec(did) ?? [];
  const spoken = [verb, verb.split(' ', 1)[0] ?? ''].find((each) => words(keyOf(each)) !== keyOf(each));
  return (spoken ? words(keyOf(spoken)) + did.slice(spoken.length) : did).replace(/ \[\d+\](?: [\w-]+(?= "[^"])|(?= ))/g, '');
}

/** @param {string} verb */
const keyOf = (verb) => `do_${verb.replace(/\W/g, '_')}`;

/** A place for a picture that is still to come. @param {string} alt */
export function drawShot(alt) {
  const image = document.createElement('img');
  image.className = 'shot';
  image.alt = alt;
  image.hidden = true;
  return image;
}

/** @param {HTMLImageElement} place @param {string} image */
export function showShot(place, image) {
  place.src = image;
  place.hidden = !image;
}

/** @param {State} state @param {string} text */
export function drawResult(state, text) {
  const view = make('div', 'result', make('strong', '', words(state)), text);
  view.dataset['state'] = state;
  return view;
}

/** What to approve is an action; all else is in the model's words. @param {Question} question */
function askedBy({ kind, text }) {
  return kind === 'approve' ? `${inWords(text.replace(/\?$/, ''))}?` : text;
}

/** @param {Question} asked @param {(message: FromPanel) => void} tell */
function drawQuestion(asked, tell) {
  const { run, question, kind } = asked;
  const text = askedBy(asked);
  const answer = (/** @type {string | null} */ said) => tell({ t: 'answer', run, question, text: said });
  const view = make('form', 'question', make('strong', '', words(kind)), make('p', '', text));
  view.setAttribute('aria-label', words(kind));
  if (kind === 'approve') {
    const refuse = button(words('refuse'), () => answer('no'));
    view.append(make('div', 'row', refuse, button(words('allow'), () => answer('yes'), 'primary')));
  } else if (kind === 'take_over') {
    view.append(make('div', 'row', button(words('done'), () => answer('done'), 'primary')));
  } else {
    const input = document.createElement('input');
    input.setAttribute('aria-label', text);
    const none = button(words('noAnswer'), () => answer(null));
    view.append(input, make('div', 'row', none, make('button', 'primary', words('answer'))));
    view.addEventListener('submit', (event) => {
      event.preventDefault();
      answer(input.value);
    });
  }
  return view;
}
