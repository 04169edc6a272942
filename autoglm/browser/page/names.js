// @ts-check
// ---------------------------------------------------------------- names (https://www.w3.org/TR/accname-1.2)

/** While something is named in a walk: what its name was made of that stands elsewhere. @type {Element[] | null} */
let sources = null;

/** @param {Element} el @returns {Element[]} */
function labelsOf(el) {
  // `el.labels` searches the whole tree each time.
  const input = /** @type {HTMLInputElement} */ (el);
  const found = looking ? (labels.get(el) ?? []) : [...(input.labels ?? [])];
  sources?.push(...found);
  return found;
}

/** Space at an end, more than one, or of another kind. */
const RAGGED = /^\s|\s$|\s\s|[^\S ]/;
/** Icon fonts' private characters. */
const GLYPHS = /[\ue000-\uf8ff]/;

/** @param {string} text */
function flat(text) {
  return RAGGED.test(text) ? text.replace(/[\s\u00a0]+/g, ' ').trim() : text;
}

/** Without icon fonts' private characters. @param {string} text @param {number} [most] */
function clean(text, most = 500) {
  const cleaned = flat(GLYPHS.test(text) ? text.replace(/[\ue000-\uf8ff]/g, '') : text);
  return cleaned.length > most ? cleaned.slice(0, most) : cleaned;
}

/** @param {Element} el @param {string} role */
function nameOf(el, role) {
  if (isReplacing(el, role)) return replacedName(el);
  return accessibleName(el, role) || hostName(el) || (FIELDS.has(role) || role === 'listbox' ? '' : iconName(el));
}

/** A list of a page's own making that is called by what is chosen in it, in the place of a native one with a label. @param {Element} el @param {string} role */
function isReplacing(el, role) {
  if (!FIELDS.has(role) || el.hasAttribute('aria-label')) return false;
  const by = referenced(el, 'aria-labelledby');
  return (isEditable(el) ? !by.length && !labelsOf(el).length : by.every((label) => holds(el, label))) && replacedName(el) !== '';
}

/** The label of the native list that was hidden for it, beside it or in it. @param {Element} el */
function replacedName(el) {
  const native = replacedBy(el);
  return native ? clean(labelText(native)) : '';
}

/** @param {Element} el @returns {Element | null} */
function replacedBy(el) {
  const near = [el.querySelector('select')];
  let up = /** @type {Element | null} */ (el);
  for (let i = 0; up && i < 5; i++, up = up.parentElement) near.push(up.previousElementSibling, up.nextElementSibling);
  return near.find((other) => other?.localName === 'select' && isAway(other)) ?? null;
}

/** Nobody sees it: too small, clear, or clipped away. @param {Element} el */
function isAway(el) {
  const { l, t, r, b } = rectOf(el);
  if (r - l <= 1 || b - t <= 1 || !el.checkVisibility(DRAWN)) return true;
  return (r - l <= 4 || b - t <= 4) && cutAway(getComputedStyle(el));
}

/** What the element is called in whose shadow root a nameless control is. @param {Element} el */
function hostName(el) {
  const host = nativeControl(el) ? hostOf(el) : null;
  if (!host) return '';
  sources?.push(host);
  return clean(labelText(host) || (host.getAttribute('aria-label') ?? host.getAttribute('label') ?? ''));
}

/** @param {Element} el @param {string} role @returns {string} */
function accessibleName(el, role) {
  const labelled = clean(
    referenced(el, 'aria-labelledby')
      .map((label) => textOf(label, el, true))
      .join(' '),
  );
  return (
    labelled ||
    clean(el.getAttribute('aria-label') ?? '') ||
    clean(nativeName(el)) ||
    (NAMED_BY_CONTENT.has(role) && !isEditable(el) ? clean(contentOf(el, el)) : '') ||
    clean(el.getAttribute('title') ?? '') ||
    clean(el.getAttribute('placeholder') ?? el.getAttribute('aria-placeholder') ?? '')
  );
}

/** @param {Element} el @returns {string} */
function nativeName(el) {
  const input = /** @type {HTMLInputElement} */ (el);
  switch (el.localName) {
    case 'input':
      if (input.type === 'image') return labelText(el) || input.alt || input.value || input.title || 'Submit';
      if (input.type === 'submit') return labelText(el) || (input.hasAttribute('value') ? input.value : 'Submit');
      if (input.type === 'reset') return labelText(el) || (input.hasAttribute('value') ? input.value : 'Reset');
      if (input.type === 'button') return labelText(el) || input.value;
      return labelText(el);
    case 'button':
    case 'select':
    case 'textarea':
    case 'meter':
    case 'progress':
    case 'output':
      return labelText(el);
    case 'img':
    case 'area':
      return el.getAttribute('alt') ?? '';
    case 'fieldset':
      return childText(el, 'legend');
    case 'table':
      return childText(el, 'caption');
    case 'figure':
      return childText(el, 'figcaption');
    case 'optgroup':
      return el.getAttribute('label') ?? '';
    case 'svg':
      return childText(el, 'title');
    default:
      return mayHost(el) ? labelText(el) : '';
  }
}

/** @param {Element} el */
function labelText(el) {
  const labels = labelsOf(el);
  return labels.length ? labels.map((label) => textOf(label, el, false)).join(' ') : '';
}

/** @param {Element} el @param {string} tag */
function childText(el, tag) {
  for (let child = el.firstElementChild; child; child = child.nextElementSibling) {
    if (child.localName === tag) return tag === 'title' ? (child.textContent ?? '') : contentOf(child, el);
  }
  return '';
}

const BLOCKS = new Set(
  (
    'address article aside blockquote body br caption center dd details dialog div dl dt fieldset ' +
    'figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol ' +
    'optgroup option p pre search section summary table tbody td tfoot th thead tr ul'
  ).split(' '),
);
const INLINES = new Set(
  (
    'a abbr b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q s samp small ' +
    'span slot strike strong sub sup time tt u var'
  ).split(' '),
);
const SILENT = new Set(
  (
    'script style template noscript head meta link title datalist source track param base object ' +
    'embed video audio canvas area'
  ).split(' '),
);
const MOST_NAME_NODES = 400;

/**
 * Text alternative of a node for the name of `owner`.
 * @param {Element} el
 * @param {Element} owner
 * @param {boolean} asReferenced named by aria-labelledby: then it counts even when it is hidden
 */
function textOf(el, owner, asReferenced) {
  const own = clean(el.getAttribute('aria-label') ?? '');
  if (own) return own;
  if (el !== owner) {
    const value = embeddedValue(el);
    if (value !== null) return value;
  }
  const native = el.localName === 'label' || el === owner ? '' : nativeName(el);
  if (native) return native;
  const content = contentOf(el, owner, asReferenced && hidden(el));
  return content.trim() ? content : (el.getAttribute('title') ?? '');
}

/** What a control in the middle of a label stands for. @param {Element} el @returns {string | null} */
function embeddedValue(el) {
  const role = el.hasAttribute('role') || nativeControl(el) ? roleOf(el) : '';
  if (FIELDS.has(role) || role === 'listbox' || role === 'slider') return valueOf(el, role) ?? '';
  return null;
}

/**
 * Text of an element's content.
 * @param {Element} el
 * @param {Element} owner
 * @param {boolean} [evenHidden]
 * @param {{nodes: number, shown: boolean}} [budget]
 * @returns {string}
 */
function contentOf(el, owner, evenHidden = false, budget = { nodes: MOST_NAME_NODES, shown: looking && el === owner }) {
  let text = '';
  const drawn = otherChildren(el);
  let i = 0;
  for (let node = drawn ? drawn[0] : el.firstChild; node; node = drawn ? drawn[++i] : node.nextSibling) {
    if (--budget.nodes < 0) return text;
    if (node.nodeType === Node.TEXT_NODE) text += /** @type {Text} */ (node).data;
    else if (node.nodeType === Node.ELEMENT_NODE) {
      text += partOf(/** @type {Element} */ (node), owner, evenHidden, budget);
    }
  }
  return text;
}

/**
 * @param {Element} el
 * @param {Element} owner
 * @param {boolean} evenHidden
 * @param {{nodes: number, shown: boolean}} budget
 * @returns {string}
 */
function partOf(el, owner, evenHidden, budget) {
  if (SILENT.has(el.localName) || el === owner) return '';
  if (el.getAttribute('aria-hidden') === 'true' || (!evenHidden && !(budget.shown && isPlain(el)) && hidden(el)))
    return '';
  const role = el.getAttribute('role');
  // A tree item or menu item is not called by what opens out of it.
  if (role === 'group' || role === 'menu' || role === 'tree') return '';
  const text = ownText(el, owner, evenHidden, budget);
  return isInline(el) ? text : ` ${text} `;
}

/**
 * @param {Element} el
 * @param {Element} owner
 * @param {boolean} evenHidden
 * @param {{nodes: number, shown: boolean}} budget
 * @returns {string}
 */
function ownText(el, owner, evenHidden, budget) {
  const label = clean(el.getAttribute('aria-label') ?? '');
  if (label) return label;
  const value = embeddedValue(el);
  if (value !== null) return value;
  const native = el.localName === 'fieldset' || el.localName === 'table' ? '' : nativeName(el);
  if (native) return el.localName === 'img' || el.localName === 'svg' ? ` ${native} ` : native;
  const content = contentOf(el, owner, evenHidden, budget);
  return content.trim() ? content : (el.getAttribute('title') ?? content);
}

/** @param {Element} el */
function isInline(el) {
  const tag = el.localName;
  if (BLOCKS.has(tag)) return false;
  if (INLINES.has(tag) && isPlain(el) && isDisplayedByTag(el)) return true;
  const display = getComputedStyle(el).display;
  return display === 'inline' || display === 'contents' || display.startsWith('ruby');
}

/** Not drawn, as accname means it: opacity does not count. @param {Element} el */
function hidden(el) {
  for (let up = /** @type {Element | null} */ (el); up; up = above(up)) {
    if (up.checkVisibility({ visibilityProperty: true })) return false;
    if (getComputedStyle(up).display !== 'contents') return true; // a slot may be slotted into another one
  }
  return true;
}

// ---------------------------------------------------------------- names of what has none

const ICON_CLASS = /^(?:[a-z]*-?icons?|fa|glyphicon|bi|mdi|ti|la|lucide|octicon|ico|ion|ri|pi)[-_]+(.+)$/i;
const ICON_STYLE =
  /^(?:\d*x|\d+|lg|sm|xs|xl|md|fw|spin|pulse|small|large|medium|solid|regular|light|brands|button|btn|only|wrapper)$/i;

/** Classes that say how a thing looks or behaves, not what it is. */
const LOOKS = /^(?:pointer|clickable|active|selected|focused|disabled|container|wrapper|item|row|col|child)$/i;

/** The best there is for a control that only shows a picture. @param {Element} el */
function iconName(el) {
  if (isEditable(el) || el.localName === 'select') return '';
  const parts = [el, ...[...el.querySelectorAll('svg, use, img, i, span, [class*="icon"]')].slice(0, 8)];
  return (
    first(parts, (part) => clean(part.getAttribute('title') ?? part.getAttribute('aria-label') ?? '')) ||
    first(parts, (part) => (part.localName === 'svg' ? clean(childText(part, 'title')) : '')) ||
    first(parts, useName) ||
    first(parts, classIcon) ||
    first(parts, imageName) ||
    first(parts, dataWords) ||
    pseudoText(el) ||
    idName(el) ||
    words(lastPart(el.getAttribute('href') ?? '')) ||
    shapeName(el) ||
    (el.localName.includes('-') ? words(el.localName) : '') ||
    words([...el.classList].find((token) => /[a-z]{3}/i.test(token) && !LOOKS.test(token)) ?? '')
  );
}

/** The best there is for a picture that nobody named. @param {Element} el */
function pictureName(el) {
  const caption = el.closest('figure')?.querySelector('figcaption');
  if (caption) sources?.push(caption);
  return (
    clean(el.textContent ?? '', LABEL) ||
    (caption ? clean(contentOf(caption, caption), LABEL) : '') ||
    imageName(el) ||
    dataWords(el) ||
    idName(el) ||
    words([...el.classList].find((token) => /[a-z]{3}/i.test(token) && !LOOKS.test(token)) ?? '')
  );
}

/** @template T @param {Iterable<T>} parts @param {(part: T) => string} name */
function first(parts, name) {
  for (const part of parts) {
    const found = name(part);
    if (found) return found;
  }
  return '';
}

/** @param {Element} el */
function useName(el) {
  if (el.localName !== 'use') return '';
  const href = el.getAttribute('href') ?? el.getAttribute('xlink:href') ?? '';
  return words(href.split('#')[1]?.replace(/^(?:icon|ico|i|svg)[-_]/i, '') ?? '');
}

/** @param {Element} el */
function classIcon(el) {
  for (const token of el.classList) {
    const name = ICON_CLASS.exec(token)?.[1];
    if (name && !ICON_STYLE.test(name)) return words(name);
  }
  return '';
}

/** @param {Element} el */
function imageName(el) {
  const src = el.localName === 'img' || el.localName === 'input' ? el.getAttribute('src') : null;
  if (!src || src.startsWith('data:')) return '';
  return words(lastPart(src).replace(/\.\w+$/, ''));
}

/** @param {Element} el */
function dataWords(el) {
  for (const key of [
    'data-icon',
    'data-title',
    'data-tooltip',
    'data-original-title',
    'data-action',
    'data-name',
    'data-testid',
    'data-test',
  ]) {
    const value = el.getAttribute(key);
    if (value) return words(value);
  }
  return '';
}

/** @param {Element} el */
function pseudoText(el) {
  return first(['::before', '::after'], (pseudo) => {
    const content = /^"(.*)"$/.exec(getComputedStyle(el, pseudo).content);
    return content ? clean(content[1]) : '';
  });
}

/** `red circle`. @param {Element} el */
function shapeName(el) {
  if (!(el instanceof SVGElement) || el.localName === 'svg' || el.localName === 'g') return '';
  const fill = el.getAttribute('fill') ?? '';
  return `${/^[a-z]+$/i.test(fill) && fill !== 'none' ? `${fill} ` : ''}${el.localName}`;
}

/** @param {Element} el */
function idName(el) {
  // Not el.id: of a form with a field called "id", that is the field.
  const id = el.getAttribute('id') ?? '';
  return /[a-z]/i.test(id) ? words(id.replace(/\d{4,}/g, ' ')) : clean(id, 60);
}

/** @param {string} url */
function lastPart(url) {
  return url.split(/[?#]/)[0].split('/').filter(Boolean).pop() ?? '';
}

/** `shoppingCart_add-2` as `shopping cart add 2`. @param {string} token */
function words(token) {
  return clean(
    token
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .replace(/[-_.:/]+/g, ' ')
      .toLowerCase(),
    60,
  );
}
