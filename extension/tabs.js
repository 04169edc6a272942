// @ts-check
/**
 * The agent's tabs, spoken to through chrome.debugger: the person's tab that a run was started in and those it opened.
 * Knows nothing of pages: commands go through, events come back. Which tabs are ours is kept in the browser's session
 * storage, for this worker may die at any moment while the tabs stay attached.
 *
 * @typedef {import('./protocol').Outgoing} Outgoing
 * @typedef {import('./protocol').Command} Command
 * @typedef {{run: string, opened: boolean}} Ours
 */
import { short } from './connection.js';
import { hide, show } from './pointer.js';

/** Of the DevTools protocol, what the driver needs and no more. */
const METHODS = new Set(
  `DOM.describeNode DOM.disable DOM.enable DOM.performSearch DOM.resolveNode DOM.setFileInputFiles DOMDebugger.getEventListeners Emulation.setFocusEmulationEnabled Input.dispatchDragEvent
  Input.dispatchKeyEvent Input.dispatchMouseEvent Input.insertText Input.setInterceptDrags Network.enable
  Page.addScriptToEvaluateOnNewDocument Page.bringToFront Page.captureScreenshot Page.close Page.createIsolatedWorld Page.enable Page.getFrameTree
  Page.getNavigationHistory Page.handleJavaScriptDialog Page.navigate Page.navigateToHistoryEntry
  Page.setInterceptFileChooserDialog Page.stopLoading Runtime.callFunctionOn Runtime.disable Runtime.enable Runtime.evaluate Runtime.getProperties
  Runtime.releaseObject Runtime.releaseObjectGroup   Runtime.terminateExecution Target.setAutoAttach`.split(/\s+/),
);
/** Events that the driver listens to. */
const EVENTS = new Set(
  `Input.dragIntercepted Inspector.targetCrashed Network.loadingFailed Network.loadingFinished
  Network.requestWillBeSent Network.responseReceived Page.downloadProgress Page.downloadWillBegin
  Page.fileChooserOpened Page.frameNavigated Page.frameRequestedNavigation Page.frameStartedNavigating
  Page.frameStoppedLoading Page.javascriptDialogClosed Page.javascriptDialogOpening Page.navigatedWithinDocument
  Page.windowOpen Runtime.executionContextCreated Target.attachedToTarget Target.detachedFromTarget`.split(/\s+/),
);

/** Commands that may be carried out twice, for they only ask. */
const READS = /^(DOM\.(describeNode|resolveNode)|DOMDebugger\.getEventListeners|Page\.(captureScreenshot|getFrameTree|getNavigationHistory)|Runtime\.(getProperties|releaseObject|releaseObjectGroup))$/;
/** Commands after which a tab looks otherwise, though no event may say so. */
const TOUCHING = /^(Input|Page\.(navigate|handleJavaScriptDialog)|DOM\.setFileInputFiles)/;

/** Our tabs by id. @type {Map<number, Ours>} */
let ours = new Map();
/** Told what happens to our tabs. @type {(message: Outgoing) => void} */
let tell = () => undefined;
/** What waits for the first frame of a screencast, by tab. @type {Map<number, (data: string) => void>} */
const frames = new Map();
/** A page that has not drawn a frame by then draws none: it cannot be seen. */
const FRAME_MS = 5000;

/** Told when one of them may look otherwise. @type {(tab: number) => void} */
let changed = () => undefined;
/** What happened before it was known which tabs are ours. @type {(() => void)[] | null} */
let early = [];

/**
 * Ready to answer; with the tabs that an earlier life of this worker held.
 * @param {(message: Outgoing) => void} listener
 * @param {(tab: number) => void} looksOtherwise
 */
export async function restore(listener, looksOtherwise) {
  tell = listener;
  changed = looksOtherwise;
  const { tabs = [] } = await chrome.storage.session.get('tabs');
  ours = new Map(/** @type {[number, Ours][]} */ (tabs));
  const happened = early ?? [];
  early = null;
  for (const handle of happened) handle();
  const attached = new Set((await chrome.debugger.getTargets()).filter((t) => t.attached).map((t) => t.tabId));
  for (const tab of [...ours.keys()]) if (!attached.has(tab)) forget(tab, 'closed');
}

function keep() {
  return chrome.storage.session.set({ tabs: [...ours] });
}

/** @param {number} tab @param {'closed' | 'canceled_by_user' | 'crashed' | 'replaced'} why */
function forget(tab, why) {
  if (!ours.delete(tab)) return;
  void keep();
  tell({ t: 'closed', tab, why });
}

/** @param {number} tab */
export function runOf(tab) {
  return ours.get(tab)?.run;
}

/** Takes hold of a tab. @param {number} tab @param {string} run @param {boolean} opened by the run, not by the person */
export async function attach(tab, run, opened) {
  if (ours.has(tab)) {
    ours.set(tab, { run, opened: ours.get(tab)?.opened ?? opened });
    return keep();
  }
  await chrome.debugger.attach({ tabId: tab }, '1.3');
  ours.set(tab, { run, opened });
  await keep();
  await group(tab, run);
}

/** The run's tabs stand together, so that the person sees which are the agent's. @param {number} tab @param {string} run */
async function group(tab, run) {
  const other = [...ours].find(([id, { run: of }]) => id !== tab && of === run)?.[0];
  const { groupId = -1 } = other === undefined ? {} : await chrome.tabs.get(other);
  const joined = await chrome.tabs.group(groupId >= 0 ? { tabIds: [tab], groupId } : { tabIds: [tab] });
  await chrome.tabGroups.update(joined, { title: 'AutoGLM', color: 'blue' });
}

/** A new tab beside the one that it is opened from. @param {string} run @param {number} opener */
export async function open(run, opener) {
  const beside = await chrome.tabs.get(opener).catch(() => undefined);
  const made = await chrome.tabs.create({
    url: 'about:blank',
    active: beside?.active ?? false,
    ...(beside && { windowId: beside.windowId, index: beside.index + 1 }),
  });
  const tab = /** @type {number} */ (made.id);
  await attach(tab, run, true);
  return tab;
}

/** Lets go of a tab. @param {number} tab @param {boolean} close when the run had opened it */
export async function detach(tab, close) {
  const held = ours.get(tab);
  if (!held) return;
  await inPage(tab, `(${hide})()`);
  ours.delete(tab);
  await keep();
  await chrome.debugger.detach({ tabId: tab });
  if (close && held.opened) await chrome.tabs.remove(tab);
  else await chrome.tabs.ungroup(tab);
}

/** Lets go of all tabs, and closes none. */
export async function detachAll() {
  await Promise.allSettled([...ours.keys()].map((tab) => detach(tab, false)));
}

/** Shows on the page where the next action happens. @param {number} tab @param {[number, number, number, number]} box */
export function point(tab, box) {
  return inPage(tab, `(${show})(${JSON.stringify({ box })})`);
}

/** Runs our own text in a world of its own; a page that is just going away is left in peace. @param {number} tab @param {string} text */
async function inPage(tab, text) {
  if (!ours.has(tab)) return;
  const target = { tabId: tab };
  try {
    const { frameTree } = /** @type {{frameTree: {frame: {id: string}}}} */ (
      await chrome.debugger.sendCommand(target, 'Page.getFrameTree')
    );
    const { executionContextId } = /** @type {{executionContextId: number}} */ (
      await chrome.debugger.sendCommand(target, 'Page.createIsolatedWorld', {
        frameId: frameTree.frame.id,
        worldName: 'autoglm pointer',
      })
    );
    await chrome.debugger.sendCommand(target, 'Runtime.evaluate', { expression: text, contextId: executionContextId });
  } catch (error) {
    console.debug('no pointer', error);
  }
}

/** Whether it may be carried out twice. @param {Command} command */
export function reads({ method }) {
  return READS.test(method);
}

/** What the browser answers. @param {Command} command @returns {Promise<Record<string, unknown>>} */
export async function send({ tab, session, method, params }) {
  if (!ours.has(tab)) throw new Error(`tab ${tab} is not the agent's`);
  if (!METHODS.has(method)) throw new Error(`${method} is not allowed`);
  const target = session ? { tabId: tab, sessionId: session } : { tabId: tab };
  const result = await chrome.debugger.sendCommand(target, method, params);
  if (TOUCHING.test(method)) changed(tab);
  return /** @type {Record<string, unknown>} */ (result ?? {});
}

/**
 * A JPEG of what can be seen of a tab, as base64. It is the first frame of a screencast: unlike a screenshot that takes
 * nothing from the page, and is not lost, and waited for without end, when the page is just being left.
 * @param {number} tab
 */
export async function picture(tab) {
  if (!ours.has(tab)) throw new Error(`tab ${tab} is not the agent's`);
  const target = { tabId: tab };
  const frame = new Promise((resolve) => {
    frames.set(tab, resolve);
    setTimeout(resolve, FRAME_MS, '');
  });
  try {
    await chrome.debugger.sendCommand(target, 'Page.startScreencast', { format: 'jpeg', quality: 60, maxWidth: 1280, maxHeight: 1280 });
    const data = String(await frame);
    if (!data) throw new Error(`tab ${tab} is not drawn`);
    return data;
  } finally {
    frames.delete(tab);
    if (ours.has(tab)) await chrome.debugger.sendCommand(target, 'Page.stopScreencast');
  }
}

/** @param {() => void} handle */
function whenRestored(handle) {
  if (early) early.push(handle);
  else handle();
}

// Registered at the top level: https://developer.chrome.com/docs/extensions/develop/concepts/service-workers/events

chrome.debugger.onEvent.addListener((source, method, params) => {
  const { tabId: tab, sessionId: session = '' } = /** @type {chrome.debugger.DebuggerSession} */ (source);
  if (method === 'Page.screencastFrame') frames.get(tab ?? -1)?.(/** @type {{data: string}} */ (params).data);
  if (!EVENTS.has(method)) return;
  whenRestored(() => {
    if (tab === undefined || !ours.has(tab)) return;
    tell({ t: 'event', tab, session, method, params: short(/** @type {Record<string, unknown>} */ (params ?? {})) });
    changed(tab);
  });
});

chrome.debugger.onDetach.addListener(({ tabId }, reason) => {
  whenRestored(() => forget(tabId ?? -1, reason === 'canceled_by_user' ? 'canceled_by_user' : 'closed'));
});

chrome.tabs.onRemoved.addListener((tab) => whenRestored(() => forget(tab, 'closed')));

chrome.tabs.onReplaced.addListener((_, old) => whenRestored(() => forget(old, 'replaced')));

chrome.webNavigation.onCreatedNavigationTarget.addListener(({ sourceTabId, tabId, url }) => {
  whenRestored(() => void adopt(sourceTabId, tabId, url));
});

/** A tab or window that a page of ours opened is ours too. @param {number} opener @param {number} tab @param {string} url */
async function adopt(opener, tab, url) {
  const held = ours.get(opener);
  if (!held) return;
  try {
    await attach(tab, held.run, true);
  } catch {
    return; // it is gone already, or a page of the browser's own
  }
  tell({ t: 'opened', tab, opener, url });
}
