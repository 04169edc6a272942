// @ts-check
// Changes a page while it lives, as a version of it by other hands would be. Runs before the page's own scripts.
// A function of the mutant, as mutants.py puts it; what it did it tells to `autoglmMutated`.

/** @typedef {{tag: string, name: string, paths: string[]}} Target */

(/** @type {{kind: string, targets: Target[], texts: string[]}} */ mutant) => {
  const tell = () => /** @type {any} */ (window).autoglmMutated?.();
  const done = new WeakSet();
  const OTHER = 'Something else';

  /** @param {string | null | undefined} text */
  const normal = (text) => (text ?? '').replace(/\s+/g, ' ').trim();

  /** @param {Element} el */
  const namesOf = (el) => {
    const input = /** @type {HTMLInputElement} */ (el);
    const names = ['aria-label', 'placeholder', 'title', 'alt', 'value'].map((key) => el.getAttribute(key));
    names.push(el.textContent, ...[...(input.labels ?? [])].map((label) => label.textContent));
    for (const id of (el.getAttribute('aria-labelledby') ?? '').split(/\s+/)) {
      if (id) names.push(document.getElementById(id)?.textContent ?? '');
    }
    return names.map(normal);
  };

  /** @param {ParentNode} root @returns {Element[]} */
  const all = (root) => [...root.querySelectorAll('*')].flatMap((el) => (el.shadowRoot ? [el, ...all(el.shadowRoot)] : [el]));

  /** @param {Target} target @returns {Element[]} */
  const find = ({ tag, name, paths }) => {
    const fits = (/** @type {Element} */ el) =>
      el.localName === tag && (!name || namesOf(el).some((other) => other === name || (other.includes(name) && other.length < 2 * name.length + 8)));
    for (const path of paths) {
      const found = [...document.querySelectorAll(path)].filter(fits);
      if (found.length) return found;
    }
    const found = name ? all(document).filter(fits) : [];
    return found.length === 1 ? found : [];
  };

  /** @param {Element} el @param {(el: Element) => void} change */
  const once = (el, change) => {
    if (done.has(el)) return;
    done.add(el);
    change(el);
    tell();
  };

  /** @param {Node} node */
  const rewrite = (node) => {
    const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    let said = false;
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
      if (!normal(text.nodeValue)) continue;
      text.nodeValue = said ? '' : OTHER;
      said = true;
    }
  };

  /** @param {Element} el */
  const rename = (el) => {
    const labels = [...(/** @type {HTMLInputElement} */ (el).labels ?? [])];
    for (const label of labels) for (const child of label.childNodes) if (child !== el && !child.contains(el)) rewriteOne(child);
    for (const id of (el.getAttribute('aria-labelledby') ?? '').split(/\s+/)) {
      const label = id && document.getElementById(id);
      if (label) rewrite(label);
    }
    for (const { name } of [...el.attributes]) {
      if (/^(aria-label|placeholder|title|alt|data-test.*|data-qa|data-cy)$/.test(name)) el.setAttribute(name, OTHER);
      if (name === 'id' || name === 'name') el.setAttribute(name, `other-${el.getAttribute(name)}`);
    }
    for (const label of labels) if (label.htmlFor) label.htmlFor = el.id;
    if (el.localName === 'input' && /^(submit|button|reset)$/.test(/** @type {HTMLInputElement} */ (el).type)) {
      el.setAttribute('value', OTHER);
    }
    if (!/^(input|select|textarea)$/.test(el.localName) && !(/** @type {HTMLElement} */ (el).isContentEditable)) rewrite(el);
  };

  /** @param {Node} node */
  const rewriteOne = (node) => {
    if (node.nodeType === Node.TEXT_NODE) node.nodeValue = normal(node.nodeValue) ? ` ${OTHER} ` : node.nodeValue;
    else rewrite(node);
  };

  const PARTS = /^(option|optgroup|tr|td|th|tbody|thead|li|dt|dd|area|source|body|html|g|path|rect|circle|text|summary)$/;

  /** @param {Element} el */
  const wrap = (el) => {
    if (PARTS.test(el.localName) || el.contains(document.activeElement)) return;
    const box = document.createElement('div');
    done.add(box); // it may stand where the element stood, and say the same
    box.style.display = 'contents';
    el.replaceWith(box);
    box.append(el);
  };

  /** To the end of those like it. @param {Element} el */
  const move = (el) => {
    const labels = [...(/** @type {HTMLInputElement} */ (el).labels ?? [])];
    const beside = labels.some((label) => !label.contains(el));
    for (let up = beside ? el.parentElement : el; up?.parentElement && !PARTS.test(up.localName); up = up.parentElement) {
      const tag = up.localName;
      const like = [...up.parentElement.children].filter((other) => other.localName === tag);
      const last = like.at(-1);
      if (like.length > 1 && last && !up.contains(document.activeElement) && !up.querySelector('iframe')) {
        if (last === up) like[0].before(up);
        else last.after(up);
        return;
      }
    }
  };

  /** Classes of which the page's own scripts speak are more than a style. @param {Element} el */
  const restyle = (el) => {
    const scripts = [...document.scripts].map((script) => script.textContent).join(' ');
    for (const each of [el, el.parentElement]) {
      const names = [...(each?.classList ?? [])];
      const others = names.map((name) => (scripts.includes(name) ? name : `m-${name}`));
      if (names.length) each?.setAttribute('class', others.reverse().join(' '));
    }
  };

  /** @type {Record<string, (el: Element) => void>} */
  const CHANGES = { renamed: rename, removed: (el) => el.remove(), wrapped: wrap, order: move, classes: restyle };

  const texts = new Set(mutant.texts.map(normal));
  const say = () => {
    for (const el of all(document.documentElement)) {
      if (!texts.has(normal(el.textContent)) || /^(script|style|option|title)$/.test(el.localName)) continue;
      if ([...el.children].some((child) => texts.has(normal(child.textContent)))) continue;
      rewrite(el);
      tell();
    }
  };

  const apply = () => {
    const change = CHANGES[mutant.kind];
    if (change) for (const target of mutant.targets) for (const el of find(target)) once(el, change);
    if (mutant.kind === 'says') say();
    if (mutant.kind === 'banner' && document.body && !done.has(document.body)) {
      once(document.body, () => {
        const line = document.createElement('div');
        line.textContent = 'Planned maintenance on Sunday.';
        document.body.prepend(line);
      });
    }
  };

  /** @param {Event} event */
  const isAimed = (event) => mutant.targets.some((target) => find(target).some((el) => event.composedPath().includes(el)));

  /** Those that hold a text that is to be lost. @returns {(HTMLInputElement | HTMLTextAreaElement)[]} */
  const holders = () =>
    /** @type {HTMLInputElement[]} */ (all(document).filter((el) => mutant.texts.includes(/** @type {any} */ (el).value)));

  /** @param {any} body */
  const unsaved = (body) => {
    if (body instanceof FormData || body instanceof URLSearchParams) {
      for (const [key, value] of [...body.entries()]) {
        if (mutant.texts.includes(/** @type {string} */ (value))) {
          body.set(key, '');
          tell();
        }
      }
      return body;
    }
    if (typeof body !== 'string') return body;
    let changed = body;
    for (const text of mutant.texts) {
      for (const form of [JSON.stringify(text).slice(1, -1), encodeURIComponent(text), encodeURIComponent(text).replace(/%20/g, '+')]) {
        changed = changed.replaceAll(form, '');
      }
    }
    if (changed !== body) tell();
    return changed;
  };

  switch (mutant.kind) {
    case 'dead':
      for (const kind of ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click', 'dblclick', 'keydown', 'change', 'submit', 'dragstart']) {
        window.addEventListener(
          kind,
          (event) => {
            if (!isAimed(event)) return;
            event.stopImmediatePropagation();
            event.preventDefault();
            tell();
          },
          true,
        );
      }
      return;
    case 'asks':
      for (const kind of /** @type {const} */ (['alert', 'confirm', 'prompt'])) {
        const ask = /** @type {any} */ (window[kind]).bind(window);
        window[kind] = () => {
          tell();
          return ask(OTHER);
        };
      }
      return;
    case 'unsaved': {
      window.addEventListener('formdata', (event) => unsaved(/** @type {FormDataEvent} */ (event).formData), true);
      const { fetch } = window;
      window.fetch = (to, options) => fetch(to, options && { ...options, body: unsaved(options.body) });
      const { send } = XMLHttpRequest.prototype;
      XMLHttpRequest.prototype.send = function (body) {
        return send.call(this, unsaved(body));
      };
      return;
    }
    case 'forgotten':
      for (const kind of ['pointerdown', 'keydown']) {
        window.addEventListener(
          kind,
          (event) => {
            const enters = kind !== 'keydown' || /** @type {KeyboardEvent} */ (event).key === 'Enter';
            for (const holder of holders()) {
              if (!enters || (kind === 'pointerdown' && event.composedPath().includes(holder))) continue;
              holder.value = '';
              tell();
            }
          },
          true,
        );
      }
      return;
    default:
      // What is moved while it is being read goes astray in the parser.
      document.addEventListener('DOMContentLoaded', () => {
        new MutationObserver(apply).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
        apply();
      });
  }
};
