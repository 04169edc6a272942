// @ts-check
// ---------------------------------------------------------------- roles and names as Playwright's get_by_role has them
//
// What a person is shown is named as well as can be (names.js). A test finds an element by the name that the standards
// give it, and Playwright reads them a little differently from us: generated content counts, what has no name keeps none.
// tests/browser/test_locators.py holds these against Playwright's own.

/** What was computed of a document that stands still while it is asked. @typedef {{roles: Map<Element, string>,
 *   names: Map<Element, string>, hidden: Map<Element, boolean>, withheld: Map<Element, boolean>}} Standard */

/** @returns {Standard} */
function newStandard() {
  return { roles: new Map(), names: new Map(), hidden: new Map(), withheld: new Map() };
}

const LANDMARK_WITHIN =
  'article:not([role]), aside:not([role]), main:not([role]), nav:not([role]), section:not([role]), [role=article], ' +
  '[role=complementary], [role=main], [role=navigation], [role=region]';
/** Tags whose role is not what TAG_ROLES says. @type {Record<string, (el: Element) => string>} */
const STANDARD_TAGS = {
  a: (el) => (el.hasAttribute('href') ? 'link' : ''),
  area: (el) => (el.hasAttribute('href') ? 'link' : ''),
  blockquote: () => 'blockquote',
  caption: () => 'caption',
  code: () => 'code',
  datalist: () => 'listbox',
  del: () => 'deletion',
  dfn: () => 'term',
  em: () => 'emphasis',
  footer: (el) => (el.closest(LANDMARK_WITHIN) ? '' : 'contentinfo'),
  form: (el) => (isNamedOutright(el) ? 'form' : ''),
  header: (el) => (el.closest(LANDMARK_WITHIN) ? '' : 'banner'),
  img: (el) =>
    el.getAttribute('alt') === '' && !el.getAttribute('title') && !isGloballyMarked(el) && !el.hasAttribute('tabindex')
      ? 'presentation'
      : 'img',
  input: (el) => standardInputRole(/** @type {HTMLInputElement} */ (el)),
  ins: () => 'insertion',
  mark: () => 'mark',
  math: () => 'math',
  section: (el) => (isNamedOutright(el) ? 'region' : ''),
  select: (el) => (el.hasAttribute('multiple') || Number(el.getAttribute('size')) > 1 ? 'listbox' : 'combobox'),
  strong: () => 'strong',
  sub: () => 'subscript',
  summary: () => '',
  sup: () => 'superscript',
  svg: () => 'img',
  td: (el) => (/^(tree)?grid$/.test(el.closest('table')?.getAttribute('role') ?? '') ? 'gridcell' : 'cell'),
  th: headerRole,
  time: () => 'time',
};

/** Empty for what has none. @param {Element} el @param {Standard} known @returns {string} */
function standardRole(el, known) {
  let role = known.roles.get(el);
  if (role === undefined) known.roles.set(el, (role = findStandardRole(el)));
  return role;
}

/** @param {Element} el @returns {string} */
function findStandardRole(el) {
  const given = givenRole(el);
  if (given && given !== 'none' && given !== 'presentation') return given;
  const own = STANDARD_TAGS[el.localName]?.(el) ?? TAG_ROLES[el.localName] ?? '';
  if (given) return isGloballyMarked(el) || isFocusableAtAll(el) ? own : given;
  return own && mutedByParent(el) ? 'presentation' : own;
}

/** @param {Element} el @returns {string} */
function givenRole(el) {
  const words = (el.getAttribute('role') ?? '').toLowerCase().split(/\s+/);
  return words.find((word) => ROLES.has(word) && word !== 'image') ?? '';
}

/** Rows and items of a table or list that is declared to be none. @param {Element} el */
function mutedByParent(el) {
  for (let up = el; /^(td|th|tr|tbody|thead|tfoot|li|dt|dd)$/.test(up.localName); ) {
    const parent = up.parentElement;
    if (!parent || !/^(tr|tbody|thead|tfoot|table|ul|ol|dl|div)$/.test(parent.localName)) return false;
    const role = givenRole(parent);
    if (role === 'none' || role === 'presentation') return !isGloballyMarked(parent) && !isFocusableAtAll(parent);
    up = parent;
  }
  return false;
}

/** @param {Element} el */
function isNamedOutright(el) {
  return el.hasAttribute('aria-label') || el.hasAttribute('aria-labelledby');
}

const GLOBAL_ARIA = 'atomic busy controls current describedby details dropeffect flowto grabbed hidden keyshortcuts label '
  .concat('labelledby live owns relevant roledescription')
  .split(' ')
  .map((word) => `[aria-${word}]`)
  .join();

/** @param {Element} el */
function isGloballyMarked(el) {
  return el.matches(GLOBAL_ARIA);
}

/** @param {Element} el */
function isFocusableAtAll(el) {
  return el.hasAttribute('tabindex') || (nativeControl(el) && !el.matches(':disabled'));
}

/** @param {HTMLInputElement} el */
function standardInputRole(el) {
  if (el.type === 'hidden') return '';
  if (el.list && /^(text|search|email|tel|url)$/.test(el.type)) return 'combobox';
  return el.type === 'search' ? 'searchbox' : (INPUT_ROLES[el.type] ?? 'textbox');
}

/** @param {Element} el */
function headerRole(el) {
  const scope = el.getAttribute('scope') ?? '';
  if (/^col(group)?$/.test(scope)) return 'columnheader';
  if (/^row(group)?$/.test(scope)) return 'rowheader';
  const beside = [el.previousElementSibling, el.nextElementSibling];
  if (!beside[0] && !beside[1]) {
    const table = /** @type {HTMLTableElement | null} */ (el.parentElement?.localName === 'tr' ? el.closest('table') : null);
    return table && table.rows.length <= 1 ? '' : 'columnheader';
  }
  if (beside.every((other) => other?.localName === 'th')) return 'columnheader';
  const filled = beside.some(
    (other) => other?.localName === 'td' && (flat(other.textContent ?? '') || other.childElementCount > 0),
  );
  return filled ? 'rowheader' : 'columnheader';
}

// ---------------------------------------------------------------- names

/** What a text is compared by. @param {string} text */
function normal(text) {
  return text.replace(/[\u200b\u00ad]/g, '').trim().replace(/\s+/g, ' ');
}

/** @param {Element} el @param {Standard} known */
function standardName(el, known) {
  let name = known.names.get(el);
  if (name === undefined) {
    const within = { seen: new Set(), evenHidden: false, how: /** @type {const} */ ('self'), known };
    known.names.set(el, (name = NAMELESS.has(standardRole(el, known)) ? '' : normal(alternative(el, within))));
  }
  return name;
}

const NAMELESS = new Set(
  'caption code definition deletion emphasis generic insertion mark paragraph presentation strong subscript suggestion superscript term time'.split(
    ' ',
  ),
);
const STANDARD_BY_CONTENT = new Set(
  (
    'button cell checkbox columnheader gridcell heading link menuitem menuitemcheckbox menuitemradio ' +
    'option radio row rowheader switch tab tooltip treeitem'
  ).split(' '),
);
/** Named by what they hold only when they are a part of something that is. */
const BY_CONTENT_WITHIN = new Set(
  (
    'caption code contentinfo definition deletion emphasis insertion list listitem mark none paragraph presentation ' +
    'region rowgroup section strong subscript superscript table term time'
  ).split(' '),
);

/**
 * How one came to it: it is named itself, is a part of what is, or is what names it.
 * @typedef {{seen: Set<Element>, evenHidden: boolean, how: 'self' | 'part' | 'label' | 'reference' | 'native',
 *   known: Standard}} Naming
 */

/** Its text alternative, not yet normal. @param {Element} el @param {Naming} way @returns {string} */
function alternative(el, way) {
  if (way.seen.has(el)) return '';
  if (/^(style|script|noscript|template)$/.test(el.localName) || (!way.evenHidden && isUnheard(el, way.known))) {
    way.seen.add(el);
    return '';
  }
  const references = el.hasAttribute('aria-labelledby') ? namedBy(el, 'aria-labelledby') : null;
  if (references?.length && way.how !== 'reference') {
    const name = together(references.map((ref) => follow(ref, way, 'reference')));
    if (name) return name;
  }
  const role = standardRole(el, way.known);
  const held = way.how === 'self' || way.how === 'native' ? null : standardHeld(el, role, way);
  if (held !== null) return held;
  const own = el.getAttribute('aria-label') ?? '';
  way.seen.add(el);
  if (own.trim()) return own;
  const quiet = role === 'presentation' || role === 'none';
  const native = quiet ? null : standardNative(el, way, !references?.length);
  if (native !== null) return native;
  const byContent =
    STANDARD_BY_CONTENT.has(role) ||
    (way.how === 'part' && (role === '' || BY_CONTENT_WITHIN.has(role))) ||
    el.localName === 'summary' ||
    /^(label|reference|native)$/.test(way.how);
  if (byContent) {
    const text = standardContent(el, way.how === 'self' ? { ...way, how: 'part' } : way);
    if (way.how === 'self' ? text.trim() : text) return text;
  }
  return quiet ? '' : (el.getAttribute('title') ?? '');
}

/** What names an element is read as it stands, hidden or not. @param {Element} el @param {Naming} way @param {Naming['how']} how */
function follow(el, way, how) {
  return alternative(el, { ...way, how, evenHidden: isUnheard(el, way.known) });
}

/** @param {string[]} texts */
function together(texts) {
  return texts.map(normal).filter(Boolean).join(' ');
}

/** @param {Element} el @param {string} attribute */
function namedBy(el, attribute) {
  const ids = (el.getAttribute(attribute) ?? '').split(/\s+/).filter(Boolean);
  return /** @type {Element[]} */ (ids.map((id) => byId(el, id)).filter(Boolean));
}

/** What a field in the middle of a label holds; null for what is none. @param {Element} el @param {string} role @param {Naming} way */
function standardHeld(el, role, way) {
  const input = /** @type {HTMLInputElement} */ (el);
  if ([...(input.labels ?? [])].includes(/** @type {any} */ (el))) return null;
  const native = /^(input|textarea)$/.test(el.localName);
  switch (role) {
    case 'textbox':
    case 'searchbox':
      return native ? input.value : (el.textContent ?? '');
    case 'combobox':
    case 'listbox':
      if (el.localName === 'select') {
        const select = /** @type {HTMLSelectElement} */ (el);
        const chosen = select.selectedOptions.length ? [...select.selectedOptions] : [...select.options].slice(0, 1);
        return together(chosen.map((option) => alternative(option, way)));
      }
      if (native) return input.value;
      return together(
        [...el.querySelectorAll('[role=option][aria-selected=true]')].map((option) => alternative(option, way)),
      );
    case 'progressbar':
    case 'scrollbar':
    case 'slider':
    case 'spinbutton':
    case 'meter':
      return first(['aria-valuetext', 'aria-valuenow', 'value'], (key) => el.getAttribute(key) ?? '');
    case 'menu':
      return '';
    default:
      return null;
  }
}

/** What its tag has for a name; null when that is its content. @param {Element} el @param {Naming} way @param {boolean} unlabelled */
function standardNative(el, way, unlabelled) {
  const input = /** @type {HTMLInputElement} */ (el);
  const title = el.getAttribute('title') ?? '';
  const labels = () => together([...(input.labels ?? [])].map((label) => follow(label, way, 'label')));
  switch (el.localName) {
    case 'input':
      if (/^(button|submit|reset)$/.test(input.type)) {
        if (input.value.trim()) return input.value;
        return { submit: 'Submit', reset: 'Reset' }[input.type] ?? title;
      }
      if (input.type === 'file') return input.labels?.length && way.how !== 'reference' ? labels() : 'Choose File';
      if (input.type === 'image') {
        return input.labels?.length && way.how !== 'reference' ? labels() : input.alt.trim() || title || 'Submit';
      }
      if (!unlabelled) return null;
      if (input.labels?.length) return labels();
      return title || (/^(text|password|number|search|tel|email|url)$/.test(input.type) ? input.placeholder : '');
    case 'textarea':
      if (!unlabelled) return null;
      return input.labels?.length ? labels() : title || input.placeholder;
    case 'select':
    case 'meter':
    case 'progress':
    case 'output':
      if (!unlabelled) return null;
      return input.labels?.length ? labels() : title;
    case 'button':
      return unlabelled && input.labels?.length ? labels() : null;
    case 'fieldset':
    case 'figure':
    case 'table': {
      if (!unlabelled) return null;
      const tag = { fieldset: 'legend', figure: 'figcaption', table: 'caption' }[el.localName];
      const head = [...el.children].find((child) => child.localName === tag);
      if (head) return follow(head, way, 'native');
      return el.localName === 'table' ? el.getAttribute('summary') || null : title;
    }
    case 'img':
    case 'area':
      return el.getAttribute('alt')?.trim() ? el.getAttribute('alt') : title;
    default:
      if (el instanceof SVGElement) {
        const head = [...el.children].find((child) => child.localName === 'title');
        if (head) return follow(head, way, 'reference');
      }
      return null;
  }
}

/** @param {Element} el @param {Naming} way */
function standardContent(el, way) {
  let text = generated(el, '::before');
  const visit = (/** @type {Node} */ node, /** @type {boolean} */ slotted) => {
    if (!slotted && /** @type {Element} */ (node).assignedSlot) return;
    if (node.nodeType === Node.TEXT_NODE) {
      const parent = node.parentElement;
      if (!way.evenHidden && parent?.shadowRoot && !slotted) return;
      if (way.evenHidden || parent?.localName !== 'details' || /** @type {HTMLDetailsElement} */ (parent).open) {
        text += /** @type {Text} */ (node).data;
      }
    } else if (node.nodeType === Node.ELEMENT_NODE) {
      const part = /** @type {Element} */ (node);
      const said = alternative(part, way);
      text += getComputedStyle(part).display === 'inline' && part.localName !== 'br' ? said : ` ${said} `;
    }
  };
  const assigned = el.localName === 'slot' ? /** @type {HTMLSlotElement} */ (el).assignedNodes() : [];
  if (assigned.length) for (const node of assigned) visit(node, true);
  else {
    for (const node of el.childNodes) visit(node, false);
    if (el.shadowRoot) for (const node of el.shadowRoot.childNodes) visit(node, false);
    for (const owned of namedBy(el, 'aria-owns')) visit(owned, false);
  }
  return text + generated(el, '::after');
}

/** Text that a style sheet puts before or after. @param {Element} el @param {string} pseudo */
function generated(el, pseudo) {
  const style = getComputedStyle(el, pseudo);
  const content = style.content;
  if (!content || content === 'none' || content === 'normal' || style.display === 'none') return '';
  if (style.visibility === 'hidden') return '';
  const spoken = /^(?:.*\/\s*)?"((?:[^"\\]|\\.)*)"$/.exec(content);
  const text = spoken ? spoken[1].replace(/\\(.)/g, '$1') : '';
  return style.display === 'inline' ? text : ` ${text} `;
}

/** Whether a screen reader passes it over. @param {Element} el @param {Standard} known @returns {boolean} */
function isUnheard(el, known) {
  let unheard = known.hidden.get(el);
  if (unheard === undefined) known.hidden.set(el, (unheard = findUnheard(el, known)));
  return unheard;
}

/** @param {Element} el @param {Standard} known @returns {boolean} */
function findUnheard(el, known) {
  const style = getComputedStyle(el);
  if (style.display === 'contents' && el.localName !== 'slot') {
    const shown = [...el.childNodes].some((node) =>
      node.nodeType === Node.ELEMENT_NODE
        ? !isUnheard(/** @type {Element} */ (node), known)
        : node.nodeType === Node.TEXT_NODE && flat(/** @type {Text} */ (node).data),
    );
    return !shown;
  }
  const chosen = el.localName === 'option' && el.closest('select');
  if (!chosen && el.localName !== 'slot' && !el.checkVisibility({ visibilityProperty: true })) return true;
  return isWithheld(el, known);
}

/** Whether it, or something around it, keeps all that is in it from being heard. @param {Element} el @param {Standard} known @returns {boolean} */
function isWithheld(el, known) {
  let withheld = known.withheld.get(el);
  if (withheld === undefined) {
    const parent = outward(el);
    withheld =
      el.getAttribute('aria-hidden')?.toLowerCase() === 'true' ||
      getComputedStyle(el).display === 'none' ||
      (el.parentElement?.shadowRoot && !el.assignedSlot) ||
      (parent !== null && isWithheld(parent, known));
    known.withheld.set(el, Boolean(withheld));
  }
  return Boolean(withheld);
}

/** The parent, or what hosts the shadow root. @param {Element} el @returns {Element | null} */
function outward(el) {
  return el.parentElement ?? /** @type {ShadowRoot} */ (el.parentNode)?.host ?? null;
}
