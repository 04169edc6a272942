// @ts-check
/** Elements of the panel, found and made. Text enters the page as text only. */

/** @template {HTMLElement} T @param {string} id @param {new () => T} type @returns {T} */
export function byId(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`no #${id}`);
  return found;
}

/** @param {string} id @param {boolean} shown */
export function show(id, shown) {
  byId(id, HTMLElement).hidden = !shown;
}

/**
 * @param {string} tag
 * @param {string} className
 * @param {...(Node | string)} content
 */
export function make(tag, className, ...content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

/** @param {string} text @param {() => void} act @param {string} [className] */
export function button(text, act, className = '') {
  const made = make('button', className, text);
  made.setAttribute('type', 'button');
  made.addEventListener('click', act);
  return made;
}

/** What can be opened; `opened` is called the first time. @param {Node[]} title @param {Node[]} content @param {() => void} opened */
export function fold(title, content, opened) {
  const made = make('details', '', make('summary', '', ...title), ...content);
  made.addEventListener('toggle', opened, { once: true });
  return made;
}

/** Told to a screen reader, once, when it has said what it is saying. @param {string} text */
export function announce(text) {
  const said = byId('announcements', HTMLElement);
  said.append(make('p', '', text));
  while (said.childElementCount > 20) said.firstElementChild?.remove();
}
