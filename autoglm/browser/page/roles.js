// @ts-check
// ---------------------------------------------------------------- roles (https://www.w3.org/TR/html-aam-1.0)

const WIDGETS = new Set(
  (
    'button link checkbox radio switch tab menuitem menuitemcheckbox menuitemradio option treeitem ' +
    'textbox searchbox combobox slider spinbutton'
  ).split(' '),
);
const ROLES = new Set([
  ...WIDGETS,
  ...(
    'alert alertdialog application article banner blockquote caption cell code columnheader ' +
    'complementary contentinfo definition deletion dialog directory document emphasis feed figure ' +
    'form generic grid gridcell group heading img image insertion list listbox listitem log main mark ' +
    'marquee math menu menubar meter navigation none note paragraph presentation progressbar ' +
    'radiogroup region row rowgroup rowheader scrollbar search separator status strong subscript ' +
    'superscript table tablist tabpanel term time timer toolbar tooltip tree treegrid'
  ).split(' '),
]);
/** Take the focus for scrolling or for what is in them; nothing happens when they are clicked. */
const CONTAINERS = new Set(
  (
    'tabpanel dialog alertdialog region main document article application log feed toolbar tablist ' +
    'menu menubar tree grid treegrid table radiogroup navigation form list complementary banner ' +
    'contentinfo search'
  ).split(' '),
);
const NAMED_BY_CONTENT = new Set(
  (
    'button cell checkbox columnheader gridcell heading link menuitem menuitemcheckbox menuitemradio ' +
    'option radio row rowheader switch tab tooltip treeitem generic listitem'
  ).split(' '),
);
const CHECKABLE = new Set(['checkbox', 'radio', 'switch', 'menuitemcheckbox', 'menuitemradio']);
const FIELDS = new Set(['textbox', 'searchbox', 'combobox', 'spinbutton']);
const FILLED = new Set([...FIELDS, ...CHECKABLE, 'listbox', 'slider']);

// prettier-ignore
const TAG_ROLES = /** @type {Record<string, string>} */ ({
  article: 'article', aside: 'complementary', button: 'button', dd: 'definition', details: 'group', dialog: 'dialog',
  dt: 'term', fieldset: 'group', figure: 'figure', footer: 'contentinfo', form: 'form', h1: 'heading', h2: 'heading',
  h3: 'heading', h4: 'heading', h5: 'heading', h6: 'heading', header: 'banner', hr: 'separator', html: 'document',
  li: 'listitem', main: 'main', menu: 'list', meter: 'meter', nav: 'navigation', ol: 'list', optgroup: 'group',
  option: 'option', output: 'status', p: 'paragraph', progress: 'progressbar', search: 'search', summary: 'button',
  table: 'table', tbody: 'rowgroup', td: 'cell', textarea: 'textbox', tfoot: 'rowgroup', th: 'columnheader',
  thead: 'rowgroup', tr: 'row', ul: 'list',
});
// prettier-ignore
const INPUT_ROLES = /** @type {Record<string, string>} */ ({
  button: 'button', checkbox: 'checkbox', file: 'button', image: 'button', number: 'spinbutton', radio: 'radio',
  range: 'slider', reset: 'button', search: 'searchbox', submit: 'button',
});
/** Input types that decide what may be typed and have no role of their own. */
const TYPES = new Set(['date', 'time', 'month', 'week', 'datetime-local', 'color', 'file', 'password']);
/** Set as a whole rather than typed into. */
const SET_WHOLE = new Set(['date', 'time', 'month', 'week', 'datetime-local', 'color', 'number', 'range']);

/** @param {Element} el */
function roleOf(el) {
  const given = el.getAttribute('role');
  if (!given) return implicitRole(el);
  const role = given
    .trim()
    .toLowerCase()
    .split(/\s+/)
    .find((word) => ROLES.has(word));
  if (!role) return implicitRole(el);
  if (role === 'none' || role === 'presentation') return nativeControl(el) ? implicitRole(el) : 'presentation';
  return role === 'img' ? 'image' : role;
}

/** @param {Element} el @returns {string} */
function implicitRole(el) {
  const tag = el.localName;
  if (tag === 'a' || tag === 'area') return el.hasAttribute('href') ? 'link' : 'generic';
  if (tag === 'img') return el.getAttribute('alt') === '' ? 'presentation' : 'image';
  if (tag === 'input') return inputRole(/** @type {HTMLInputElement} */ (el));
  if (tag === 'select') {
    const select = /** @type {HTMLSelectElement} */ (el);
    return select.multiple || select.size > 1 ? 'listbox' : 'combobox';
  }
  if (isEditingHost(el)) return 'textbox';
  return TAG_ROLES[tag] ?? 'generic';
}

/** @param {HTMLInputElement} el */
function inputRole(el) {
  if (el.type === 'checkbox' && el.hasAttribute('switch')) return 'switch';
  if (el.list && /^(text|search|email|tel|url)$/.test(el.type)) return 'combobox';
  return INPUT_ROLES[el.type] ?? 'textbox';
}

/** @param {Element} el */
function isEditingHost(el) {
  const value = el.getAttribute('contenteditable');
  return value !== null && /^(|true|plaintext-only)$/i.test(value);
}

/** @param {Element} el */
function nativeControl(el) {
  switch (el.localName) {
    case 'a':
    case 'area':
      return el.hasAttribute('href');
    case 'button':
    case 'select':
    case 'textarea':
      return true;
    case 'input':
      return /** @type {HTMLInputElement} */ (el).type !== 'hidden';
    case 'summary':
      return el.parentElement?.localName === 'details' && el.parentElement.querySelector(':scope > summary') === el;
    default:
      return false;
  }
}

/** Where CodeMirror 5, Monaco and Ace take keys: a field too small to see, or one that is nowhere drawn. */
const EDITOR_INPUT = '.CodeMirror > div > textarea, .native-edit-context, textarea.inputarea, textarea.ace_text-input';
const EDITOR_LINE = '.CodeMirror-line, .view-line, .ace_line';

/** The box in which an editor draws what is typed into that field. @param {Element} el @returns {Element | null} */
function editorOf(el) {
  if (el.localName !== 'textarea' && el.localName !== 'div') return null;
  return el.matches(EDITOR_INPUT) ? el.closest('.CodeMirror, .monaco-editor, .ace_editor') : null;
}

/** A line of an editor, which is said as what its field holds. @param {Element} el */
function isEditorLine(el) {
  return /line/i.test(el.getAttribute('class') ?? '') && el.matches(EDITOR_LINE) && isInEditor(el);
}

/** What of an editor looks like a control beside its field. @param {Element} el */
function isEditorPart(el) {
  return /CodeMirror-scroll|ime-text-area/.test(el.getAttribute('class') ?? '') && isInEditor(el);
}

/** @param {Element} el */
function isInEditor(el) {
  return Boolean(el.closest('.CodeMirror, .monaco-editor, .ace_editor')?.querySelector(EDITOR_INPUT));
}

/** The lines that an editor draws, which are those in view. @param {Element} editor */
function linesOf(editor) {
  return [...editor.querySelectorAll(EDITOR_LINE)]
    .map((line) => ({ top: line.getBoundingClientRect().top, text: line.textContent ?? '' }))
    .sort((a, b) => a.top - b.top)
    .map(({ text }) => text.replace(/\u00a0/g, ' ').replace(/\u200b/g, ''))
    .join('\n');
}

/** Edited by typing, whatever its role. @param {Element} el */
function isEditable(el) {
  if (el.localName === 'textarea' || isEditingHost(el) || editorOf(el)) return true;
  return el.localName === 'input' && !/^(button|checkbox|file|hidden|image|radio|reset|submit)$/.test(typeOf(el));
}

/** @param {Element} el */
function typeOf(el) {
  return el.localName === 'input' ? /** @type {HTMLInputElement} */ (el).type : '';
}
