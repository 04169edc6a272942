// Runs in the page's own world, the only one where DevTools' getEventListeners tells who listens: see heard.js, which
// counts alike.
// A page that lies to it can only make something look clickable, or not.
(ways) => {
  const never = new Set(['option', 'script', 'style', 'br', 'head', 'meta', 'link', 'title', 'button', 'input']);
  // React's root listens to all there is (some 80 kinds), for what is in it, and never to clicks on itself.
  const delegates = (on) => on.click && on.volumechange && Object.keys(on).length > 40;
  const kinds = ['click', 'mousedown', 'mouseup', 'pointerdown', 'pointerup', 'dblclick', 'contextmenu', 'drop'];
  const listens = (on) => kinds.some((kind) => on[kind]) && !delegates(on);
  // SortableJS and jQuery UI make a thing draggable only when it is pressed.
  const sorts = (el, on) => {
    if (el.childElementCount < 2) return false;
    if (on.dragover && on.dragenter) return on.pointerdown || on.mousedown || on.touchstart;
    if (el.localName !== 'ul' && el.localName !== 'ol') return false;
    if (el.classList.contains('ui-sortable')) return true;
    return on.pointerdown && !on.mousedown && !on.click && !el.querySelector('button, a, [role=button]');
  };
  return ways.map((way) => {
    let root = document;
    for (const step of way) root = step < 0 ? root?.shadowRoot : root?.children[step];
    if (!root) return [-1];
    const all = root.nodeType === 1 ? [root] : [];
    const add = (within) => {
      for (const el of within.querySelectorAll('*')) {
        if (all.length >= 50_000) return;
        all.push(el);
        if (el.shadowRoot) add(el.shadowRoot);
      }
    };
    if (root.shadowRoot) add(root.shadowRoot);
    add(root);
    const found = [all.length];
    for (const [i, el] of all.entries()) {
      if (never.has(el.localName)) continue;
      const on = getEventListeners(el);
      if (listens(on)) found.push(i);
      if (sorts(el, on)) found.push(-1 - i);
    }
    return found;
  });
};
