// @ts-check
// ---------------------------------------------------------------- what style sheets make of a change
//
// A change in one element can hide, show or move others: those after it by `+` and `~`, any by `:has()`, children by
// their places. Which names can do so is read from the sheets once; a sheet that cannot be read may hold any.

/** A property that can neither hide nor move anything. */
const HARMLESS =
  /^(color|background.*|border-.*color|border-radius|box-shadow|text-shadow|outline.*|caret-color|accent-color|fill|stroke|text-decoration.*|transition.*|animation-(delay|duration|timing).*|--.*|user-select|-webkit-user-select|will-change|quotes|scroll-behavior|touch-action)$/;

/** Classes, ids, attributes and states by which an element changes those after it in their parent. */
let besides = new Set();
/** The same, of those that change anything anywhere. */
let beyond = new Set();
/** Whether places among siblings count. */
let structural = false;
/** What a state like `:hover` changes: selectors of who has it, by the state, by how far it reaches. @type {Map<string, State>} */
let states = new Map();
/** A sheet that cannot be read. */
let unreadable = false;
/** By which an element may be hidden, moved, clipped or made clickable: see isPlain. @type {Names} */
let unusual;
/** By which an element may not be displayed as its tag is. @type {Names} */
let displayed;
/** Whether any element may be. */
let allUnusual = false;
/** Sheets as they were read last; of none yet. @type {unknown[]} */
let sheetsRead = [null];
/** @typedef {Record<'inside' | 'besides' | 'beyond', Set<string>>} State */

/** Whether the sheets are others than when they were read last; then they are read again. */
function sheetsChanged() {
  const now = allSheets().flatMap(signature);
  if (now.length === sheetsRead.length && now.every((part, i) => part === sheetsRead[i])) return false;
  sheetsRead = now;
  besides = new Set();
  beyond = new Set();
  states = new Map();
  structural = unreadable = allUnusual = false;
  unusual = new Names();
  displayed = new Names();
  for (const name of ['[style', '[hidden', '[popover', 'dialog', 'slot']) unusual.add(name);
  for (const root of liveRoots()) readSheets(root);
  return true;
}

function allSheets() {
  return liveRoots().flatMap(sheetsOf);
}

/** @param {Document | ShadowRoot} root */
function sheetsOf(root) {
  return [...root.styleSheets, ...root.adoptedStyleSheets];
}

/** @param {Document | ShadowRoot} root */
function readSheets(root) {
  for (const sheet of sheetsOf(root)) if (!sheet.disabled) readRules(rulesOf(sheet));
}

/** A shadow root is met for the first time. @param {ShadowRoot} root */
function readRoot(root) {
  readSheets(root);
  sheetsRead.push(...sheetsOf(root).flatMap(signature));
}

/** @param {CSSStyleSheet} sheet @returns {unknown[]} */
function signature(sheet) {
  const rules = rulesOf(sheet);
  return [sheet, sheet.disabled, sheet.media.mediaText, rules?.length, rules?.[0], rules?.[rules.length - 1]];
}

/** @param {CSSStyleSheet} sheet @returns {CSSRuleList | null} null when it is of another origin */
function rulesOf(sheet) {
  try {
    return sheet.cssRules;
  } catch (error) {
    if (/** @type {DOMException} */ (error).name === 'SecurityError') return null;
    throw error;
  }
}

/** @param {CSSRuleList | null} rules */
function readRules(rules) {
  if (!rules) unreadable = allUnusual = true;
  else for (const rule of rules) readRule(rule);
}

/** @param {CSSRule} rule @param {string} [outer] the selector around it */
function readRule(rule, outer = '') {
  if (rule instanceof CSSImportRule) return rule.styleSheet ? readRules(rulesOf(rule.styleSheet)) : undefined;
  const selector = rule instanceof CSSStyleRule ? `${outer} ${rule.selectorText}` : outer;
  const { style } = /** @type {CSSStyleRule} */ (rule);
  if (selector && style && [...style].some((property) => !HARMLESS.test(property))) readSelector(selector);
  if (selector && style) readStyle(selector, style);
  const nested = selector && rule instanceof CSSStyleRule ? `${selector} &` : selector;
  for (const inner of /** @type {CSSGroupingRule} */ (rule).cssRules ?? []) readRule(inner, nested);
}

const UNUSUAL =
  /^(all|visibility|opacity|position|overflow.*|clip|clip-path|mask.*|filter|content-visibility|backface-visibility|animation-name)$/;
const USUAL = /^(visible|static|relative|1|none|initial|unset)$/;

/** Notes what a rule may make of an element. @param {string} selector @param {CSSStyleDeclaration} style */
function readStyle(selector, style) {
  for (const property of style) {
    const value = style.getPropertyValue(property);
    if (property === 'display') readSubjects(selector, /^(none|contents)$|var\(/.test(value) ? unusual : displayed);
    else if (property === 'cursor' || (UNUSUAL.test(property) && !USUAL.test(value))) readSubjects(selector, unusual);
  }
}

/**
 * Notes a name of each element that a selector is about; `> name` for the children of what is called so. Hosts and what
 * is slotted are taken to be unusual anyway.
 * @param {string} selector
 * @param {Names} into
 */
function readSubjects(selector, into) {
  const plain = selector.replace(/"[^"]*"|'[^']*'/g, '""');
  if (/:(is|where|not|has|nth-[\w-]+|host-context)\(|&/.test(plain)) {
    const tokens = tokensIn(plain);
    if (!tokens.length || tokens.includes('*')) allUnusual = true;
    for (const token of tokens) into.add(token);
    return;
  }
  for (const each of plain.split(',').filter((one) => !/::|:host/.test(one))) {
    const compounds = each.trim().split(/\s*[>+~]\s*|\s+/);
    const key = nameIn(compounds[compounds.length - 1]);
    const parent = />[^>+~\s]*$/.test(each.trim().replace(/>\s+/g, '>')) ? nameIn(compounds[compounds.length - 2]) : '';
    if (key) into.add(key);
    else if (parent) into.add(`> ${parent}`);
    else allUnusual = true;
  }
}

/** The name by which to know what a compound is about: a class, id or attribute before a tag. @param {string} compound */
function nameIn(compound) {
  const tokens = tokensIn(compound ?? '').filter((token) => token !== '*');
  return tokens.find((token) => /^[.#[]/.test(token)) ?? tokens[0] ?? '';
}

/** Whether no style sheet, attribute or tag hides, moves or clips it, or makes it clickable. @param {Element} el */
function isPlain(el) {
  return !allUnusual && !el.shadowRoot && !isNamed(el, unusual) && !inUnusual(el.parentElement);
}

/** Whether it is displayed as its tag is. @param {Element} el */
function isDisplayedByTag(el) {
  return !isNamed(el, displayed) && !(el.parentElement && isNamed(el.parentElement, displayed, '> '));
}

/** @type {Element | null} */
let parentAsked = null;
let parentUnusual = false;

/** Whether what is in an element is unusual; its children ask one after the other. @param {Element | null} el */
function inUnusual(el) {
  if (el !== parentAsked) {
    parentAsked = el;
    parentUnusual = !el || el.shadowRoot !== null || isNamed(el, unusual, '> ');
  }
  return parentUnusual;
}

/** @param {Element} el @param {Names} names @param {string} [prefix] */
function isNamed(el, { all, attributes, ids }, prefix = '') {
  if (all.has(prefix + el.localName)) return true;
  if (!el.hasAttributes()) return false;
  const classes = el.getAttribute('class');
  if (classes) {
    if (!/\s/.test(classes)) {
      if (all.has(`${prefix}.${classes}`)) return true;
    } else for (const token of classes.split(/\s+/)) if (all.has(`${prefix}.${token}`)) return true;
  }
  if (ids && el.hasAttribute('id') && all.has(`${prefix}#${el.getAttribute('id')}`)) return true;
  for (const name of attributes) if (el.hasAttribute(name) && all.has(`${prefix}[${name}`)) return true;
  return false;
}

/** Names that selectors use, and what to ask an element for them. */
class Names {
  /** @type {Set<string>} */
  all = new Set();
  /** @type {Set<string>} */
  attributes = new Set();
  ids = false;

  /** @param {string} name */
  add(name) {
    this.all.add(name);
    const [, attribute] = /\[(.*)/.exec(name) ?? [];
    if (attribute) this.attributes.add(attribute);
    if (name.includes('#')) this.ids = true;
  }
}

const STATES =
  /([^\s>+~,()]*):(hover|focus-within|focus-visible|focus|checked|indeterminate|invalid|valid|placeholder-shown|user-invalid)\b([^\s>+~,()]*)/g;

/** @param {string} selector */
function readSelector(selector) {
  const plain = selector.replace(/"[^"]*"|'[^']*'/g, '""');
  if (/:(nth-|first-|last-|only-|empty)/.test(plain)) structural = true;
  const flat = plain.replace(/\[[^\]]*\]/g, '').replace(/:nth-[\w-]+\([^)]*\)/g, '');
  const reach = flat.includes(':has(') ? 'beyond' : /[+~]/.test(flat) ? 'besides' : 'inside';
  if (reach !== 'inside') for (const token of tokensIn(plain)) (reach === 'beyond' ? beyond : besides).add(token);
  for (const [, before, name, after] of selector.matchAll(STATES)) {
    const state = states.get(name) ?? { inside: new Set(), besides: new Set(), beyond: new Set() };
    states.set(name, state);
    state[reach].add(`${before}${after}`.replace(/::?[\w-]+/g, '') || '*');
  }
}

/** `.open`, `#menu`, `[aria-expanded`, `p`, `*`. @param {string} selector */
function tokensIn(selector) {
  const tokens = selector.match(/[.#][\w-]+|\[\s*[\w-]+|::?[\w-]+|[a-z][\w-]*|\*/gi) ?? [];
  return tokens.map((token) => token.replace(/\s/g, '')).filter((token) => !token.startsWith(':'));
}

// ---------------------------------------------------------------- what a change makes of other elements

/** An element has other names than before. @param {Element} el @param {string[]} tokens */
function renamed(el, tokens) {
  if (unreadable || tokens.some((token) => beyond.has(token))) spoilt = true;
  else if (tokens.some((token) => besides.has(token)) && el.parentElement) markAll(el.parentElement);
  else markAll(el);
}

/** Something has or lost a state. @param {Element} el @param {string[]} names */
function inState(el, names) {
  for (const name of names) {
    const state = states.get(name);
    if (!state) continue;
    if (matchesAny(el, state.beyond)) spoilt = true;
    else if (matchesAny(el, state.besides)) markAll(el.parentElement ?? el);
    else if (matchesAny(el, state.inside)) markAll(el);
  }
}

/** @param {Element} el @param {Set<string>} selectors */
function matchesAny(el, selectors) {
  return [...selectors].some((selector) => selector === '*' || el.matches(selector));
}

/** Nodes came or went. @param {Element} el @param {Iterable<Node>} nodes */
function regrown(el, nodes) {
  if (structural) markAll(el);
  if (unreadable) spoilt = true;
  if (!beyond.size && !besides.size) return;
  for (const node of nodes) {
    if (node.nodeType !== Node.ELEMENT_NODE) continue;
    const inner = /** @type {Element} */ (node);
    if (besides.size && anyToken(inner, besides)) markAll(el);
    if (!beyond.size) continue;
    for (const each of [inner, ...inner.querySelectorAll('*')]) if (anyToken(each, beyond)) spoilt = true;
  }
}

/** @param {Element} el @param {Set<string>} tokens */
function anyToken(el, tokens) {
  if (tokens.has('*') || tokens.has(el.localName)) return true;
  for (const { name } of el.attributes) if (tokens.has(`[${name}`)) return true;
  if (el.id && tokens.has(`#${el.id}`)) return true;
  for (const token of el.classList) if (tokens.has(`.${token}`)) return true;
  return false;
}
