// @ts-check
// ---------------------------------------------------------------- how an element is found again
//
// In Playwright's terms, so that a run can be repeated and become a test (types.py says what each kind means). Each way
// is tried out on the document as it stands: what matches the element alone is worth more.

/** @typedef {{kind: string, value: string, name?: string, nth?: number, matches?: number, within?: Way}} Way */

const TEST_IDS = ['data-testid', 'data-test-id', 'data-test', 'data-qa', 'data-cy'];
/** No more time than this, ms, is spent on ways that need every element's name: a bound for pages with thousands of them. */
const MOST_LOCATE_MS = 250;
const MOST_WAY = 120;
const BOXES = new Set(
  'row listitem article region form dialog alertdialog group navigation main table tabpanel option treeitem'.split(' '),
);

/** @param {number} ref @param {string} name @param {any[]} args what follows the element */
async function located(ref, name, ...args) {
  const el = alive(ref);
  const target = el && targetOf(el);
  return { target, done: await (/** @type {any} */ (globalThis).autoglm[name](ref, ...args)) };
}

/** The frame element of an item; null when it is gone. @param {number} id */
function frameTarget(id) {
  const el = frameElement(id);
  return el && targetOf(el);
}

/** @param {Element} el */
function targetOf(el) {
  const known = newStandard();
  const end = performance.now() + MOST_LOCATE_MS;
  const [role, name] = [standardRole(el, known), standardName(el, known)];
  return { locators: inClosedRoot(el) ? [] : locatorsOf(el, known, end), tag: el.localName, role, name };
}

/** @param {Element} el */
function inClosedRoot(el) {
  for (let root = el.getRootNode(); root instanceof ShadowRoot; root = root.host.getRootNode()) {
    if (root.mode === 'closed') return true;
  }
  return false;
}

/** The best first. @param {Element} el @param {Standard} known @param {number} end when to stop counting @returns {Way[]} */
function locatorsOf(el, known, end) {
  const everywhere = allElements();
  const alone = [];
  const several = [];
  for (const way of waysTo(el, known)) {
    const found = findAll(way, everywhere, known, COSTLY.has(way.kind) ? end : Infinity);
    const nth = found.findIndex((other) => other === el || (way.kind === 'text' && el.contains(other)));
    if (nth < 0) continue;
    if (found.length === 1) alone.push(way);
    else {
      several.push({ ...way, nth, matches: found.length });
      const within = boxFor(el, way, everywhere, known, end);
      if (within) alone.push({ ...way, within });
    }
  }
  alone.sort((a, b) => Number('within' in a && a.kind === 'css') - Number('within' in b && b.kind === 'css'));
  several.sort((a, b) => Math.min(a.matches, 9) - Math.min(b.matches, 9));
  return [...alone, ...several, { kind: 'path', value: pathOf(el) }];
}

const COSTLY = new Set(['role', 'text', 'label']);

/** Ways to find it, what a person would name first. @param {Element} el @param {Standard} known @returns {Iterable<Way>} */
function* waysTo(el, known) {
  const input = /** @type {HTMLInputElement} */ (el);
  for (const name of TEST_IDS) {
    const value = el.getAttribute(name);
    if (value) yield { kind: 'test_id', value, name };
  }
  const [role, name] = [standardRole(el, known), standardName(el, known)];
  if (role && name && name.length <= MOST_WAY && !isUnheard(el, known)) yield { kind: 'role', value: role, name };
  for (const label of labelTexts(el)) if (label && label.length <= MOST_WAY) yield { kind: 'label', value: label };
  for (const kind of ['placeholder', 'alt', 'title']) {
    const value = el.getAttribute(kind);
    if (value && value.length <= MOST_WAY && value === normal(value)) yield { kind, value };
  }
  if (!isEditable(el) && el.localName !== 'select') {
    const text = plainText(el);
    if (text && text.length <= MOST_WAY) yield { kind: 'text', value: text };
  }
  if (role && !name && WIDGETS.has(role) && !isUnheard(el, known)) yield { kind: 'role', value: role };
  for (const value of stableCss(el, input)) yield { kind: 'css', value };
}

/** @param {Element} el */
function labelTexts(el) {
  const references = namedBy(el, 'aria-labelledby');
  if (references.length) return references.map(plainText);
  const own = el.getAttribute('aria-label');
  if (own?.trim()) return [normal(own)];
  return [...(/** @type {HTMLInputElement} */ (el).labels ?? [])].map(plainText);
}

/** What get_by_text compares. @param {Element} el */
function plainText(el) {
  return normal(fullText(el));
}

/** @param {Node} node @returns {string} */
function fullText(node) {
  if (node instanceof HTMLInputElement && /^(submit|button|reset)$/.test(node.type)) return node.value;
  if (node instanceof Element && /^(script|noscript|style)$/.test(node.localName)) return '';
  let text = '';
  for (const child of node.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) text += /** @type {Text} */ (child).data;
    else if (child.nodeType === Node.ELEMENT_NODE) text += fullText(child);
  }
  const root = /** @type {Element} */ (node).shadowRoot;
  return root ? text + fullText(root) : text;
}

/** Part of an id or class that a program made up: counters, hashes, a library's own. @param {string} token */
function isMadeUp(token) {
  return (
    /\d{3,}|^\d|:|[._-]\d+$/.test(token) ||
    /^(?:ember|ext-|yui|mui|radix|headlessui|react-|ng-|jss|css-|sc-|svelte-|_)/i.test(token) ||
    /(?=[a-z]*\d)[a-z\d]{6,}$/i.test(token) ||
    /[a-z][A-Z][a-z]?[A-Z]|[bcdfghjklmnpqrstvwxz]{5,}/.test(token)
  );
}

/** @param {Element} el @param {HTMLInputElement} input */
function* stableCss(el, input) {
  const tag = el.localName;
  const id = el.getAttribute('id');
  if (id && id.length <= 60 && !isMadeUp(id)) yield `#${CSS.escape(id)}`;
  const name = el.getAttribute('name');
  const choice = /^(radio|checkbox)$/.test(typeOf(el)) && el.hasAttribute('value') ? attribute('value', input.value) : '';
  if (name && name.length <= 60) yield `${tag}${attribute('name', name)}${choice}`;
  for (const key of ['href', 'src', 'data-action', 'data-name', 'data-value', 'data-id', 'for', 'type']) {
    const value = el.getAttribute(key);
    if (value && value.length <= MOST_WAY && !/^(data|blob|javascript):/.test(value)) yield `${tag}${attribute(key, value)}`;
  }
  const token = rarestClass(el);
  if (token) yield `${tag}.${CSS.escape(token)}`;
}

/** Of its classes that say what it is, the one that the fewest others have. @param {Element} el */
function rarestClass(el) {
  const telling = [...el.classList].filter(
    (word) => /^[a-z]+(?:[-_]{1,2}[a-z]+)*$/.test(word) && !isMadeUp(word) && !LOOKS.test(word),
  );
  const count = (/** @type {string} */ word) => document.getElementsByClassName(word).length;
  return telling.reduce((best, word) => (best && count(best) <= count(word) ? best : word), '');
}

/** @param {string} key @param {string} value */
function attribute(key, value) {
  return `[${key}="${value.replace(/["\\]/g, '\\$&')}"]`;
}

/** From the nearest thing with an id down, by tag and place; through open shadow roots. @param {Element} el @returns {string} */
function pathOf(el) {
  const root = el.getRootNode();
  const parts = [];
  for (let up = /** @type {Element | null} */ (el); up; up = up.parentElement) {
    const id = up.getAttribute('id');
    if (id && up !== el && !isMadeUp(id) && /** @type {Document} */ (root).getElementById(id) === up) {
      parts.unshift(`#${CSS.escape(id)}`);
      break;
    }
    const tag = CSS.escape(up.localName);
    const same = up.parentNode ? [...up.parentNode.children].filter((other) => other.localName === up.localName) : [];
    parts.unshift(same.length > 1 ? `${tag}:nth-of-type(${same.indexOf(up) + 1})` : tag);
  }
  const path = parts.join(' > ');
  return root instanceof ShadowRoot ? `${pathOf(root.host)} ${path}` : path;
}

// ---------------------------------------------------------------- trying a way out

/** Of the document and its open shadow roots, in the order in which Playwright meets them. @returns {Element[]} */
function allElements() {
  const found = [];
  const roots = /** @type {(Document | ShadowRoot)[]} */ ([document]);
  for (let root = roots.shift(); root; root = roots.shift()) {
    for (const el of root.querySelectorAll('*')) {
      found.push(el);
      if (el.shadowRoot) roots.push(el.shadowRoot);
    }
  }
  return found;
}

/**
 * What a way matches; nothing when that is not known by `end`.
 * @param {Way} way
 * @param {Element[]} among
 * @param {Standard} known
 * @param {number} end
 * @returns {Element[]}
 */
function findAll(way, among, known, end) {
  const fits = matcherOf(way, known);
  const found = [];
  for (const el of among) {
    if (fits(el)) found.push(el);
    if (performance.now() > end) return [];
  }
  return found;
}

/** @param {Way} way @param {Standard} known @returns {(el: Element) => boolean} */
function matcherOf(way, known) {
  const { kind, value, name = '' } = way;
  switch (kind) {
    case 'test_id':
      return (el) => el.getAttribute(name) === value;
    case 'role':
      return (el) =>
        standardRole(el, known) === value && (!name || standardName(el, known) === name) && !isUnheard(el, known);
    case 'label':
      return (el) => isLabelled(el) && labelTexts(el).includes(value);
    case 'text':
      return textMatcher(value);
    case 'has_text': {
      const wanted = name.toLowerCase();
      return (el) =>
        standardRole(el, known) === value && plainText(el).toLowerCase().includes(wanted) && !isUnheard(el, known);
    }
    case 'css': {
      const wanted = name.toLowerCase();
      return (el) => el.matches(value) && (!wanted || plainText(el).toLowerCase().includes(wanted));
    }
    default:
      return (el) => el.getAttribute(kind) === value;
  }
}

/** @param {Element} el */
function isLabelled(el) {
  if (isNamedOutright(el)) return true;
  return /^(button|input|meter|output|progress|select|textarea)$/.test(el.localName) && typeOf(el) !== 'hidden';
}

/** The innermost whose whole text it is. @param {string} value */
function textMatcher(value) {
  const squeezed = value.replace(/\s/g, '');
  const has = (/** @type {Element} */ el) => {
    const text = el.shadowRoot || el instanceof HTMLInputElement ? fullText(el) : (el.textContent ?? '');
    // Most are told apart by their length, without making them normal.
    return text.length >= squeezed.length && text.length < 40 * squeezed.length + 400 && plainText(el) === value;
  };
  const head = document.head;
  return (/** @type {Element} */ el) => {
    if (!has(el) || head?.contains(el) || /^(script|noscript|style)$/.test(el.localName)) return false;
    return ![...el.children].some(has) && !(el.shadowRoot && normal(fullText(el.shadowRoot)) === value);
  };
}

/**
 * The nearest box around an element in which a way finds it alone, and which can be found alone itself.
 * @param {Element} el
 * @param {Way} way
 * @param {Element[]} everywhere
 * @param {Standard} known
 * @param {number} end
 * @returns {Way | null}
 */
function boxFor(el, way, everywhere, known, end) {
  for (let up = outward(el), most = 0; up && up !== document.body && most < 12 && performance.now() < end; up = outward(up), most++) {
    const inner = everywhere.filter((other) => other !== up && up?.contains(other));
    if (findAll(way, inner, known, end).length !== 1) return null;
    for (const box of waysToBox(up, known)) if (findAll(box, everywhere, known, end).length === 1) return box;
  }
  return null;
}

/** @param {Element} el @param {Standard} known @returns {Iterable<Way>} */
function* waysToBox(el, known) {
  for (const name of TEST_IDS) {
    const value = el.getAttribute(name);
    if (value) yield { kind: 'test_id', value, name };
  }
  const role = standardRole(el, known);
  if (BOXES.has(role) && !isUnheard(el, known)) {
    const name = standardName(el, known);
    if (!STANDARD_BY_CONTENT.has(role) && name && name.length <= 60) yield { kind: 'role', value: role, name };
    for (const text of textsIn(el)) yield { kind: 'has_text', value: role, name: text };
  }
  const id = el.getAttribute('id');
  if (id && !isMadeUp(id)) yield { kind: 'css', value: `#${CSS.escape(id)}` };
  const token = BOXES.has(role) ? '' : rarestClass(el);
  if (token) for (const text of textsIn(el)) yield { kind: 'css', value: `${el.localName}.${CSS.escape(token)}`, name: text };
}

/** What it says that is no control's: a cell, a heading, a name. @param {Element} el */
function* textsIn(el) {
  const walker = document.createTreeWalker(el, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(), most = 0; node && most < 8; node = walker.nextNode()) {
    const text = normal(/** @type {Text} */ (node).data);
    const parent = node.parentElement;
    if (!/\p{L}{2}|\d/u.test(text) || text.length > 60 || !parent || unseen(parent)) continue;
    if (parent.closest('button, select, option, script, style, label')) continue;
    most++;
    yield text;
  }
}
