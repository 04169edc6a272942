// @ts-check
/**
 * The service worker: what the server commands goes to the tabs, what the tabs tell goes to the server, and what the
 * panel wants and sees goes between panel and server. Keeps no truth of its own: it may die at any moment.
 *
 * @typedef {import('./protocol').Incoming} Incoming
 * @typedef {import('./protocol').FromPanel} FromPanel
 */
import { Connection, bytesOf, pack } from './connection.js';
import { Pictures } from './pictures.js';
import * as tabs from './tabs.js';

/** Open panels. @type {Set<chrome.runtime.Port>} */
const panels = new Set();

const connection = new Connection(
  take,
  (state) => {
    if (state.state !== 'connected') pictures.reset();
    tellPanels({ t: 'connection', ...state });
  },
  () => void tabs.detachAll(),
);

const pictures = new Pictures(takePicture, (tab, picture) => {
  if (connection.roomy) connection.send({ t: 'picture', tab }, picture);
  return connection.roomy;
});

/** Before it no command is carried out, for an earlier life of this worker may have held the tab that it is for. */
const restored = tabs.restore((message) => {
  if (message.t === 'closed') pictures.forget(message.tab);
  connection.send(message);
}, (tab) => pictures.changed(tab));

/** For the server, and for the panels as it is. @param {number} tab */
async function takePicture(tab) {
  const data = await tabs.picture(tab);
  tellPanels({ t: 'view', run: tabs.runOf(tab) ?? '', tab, image: `data:image/jpeg;base64,${data}` });
  return bytesOf(data);
}

/** @param {import('./protocol').ToPanel} message */
function tellPanels(message) {
  for (const panel of panels) panel.postMessage(message);
}

/** @param {Incoming} message @param {Uint8Array} payload @param {Promise<void>} written */
function take(message, payload, written) {
  switch (message.t) {
    case 'command':
      return carryOut(message.id, tabs.reads(message) ? restored : written, () => tabs.send(message));
    case 'attach':
      return carryOut(message.id, written, () => tabs.attach(message.tab, message.run, false));
    case 'open':
      return carryOut(message.id, written, async () => ({ tab: await tabs.open(message.run, message.opener) }));
    case 'detach':
      pictures.forget(message.tab);
      return carryOut(message.id, written, () => tabs.detach(message.tab, message.close));
    case 'credit':
      return pictures.credit(message.tab, message.pictures);
    case 'shot':
      return tellPanels({ ...message, image: imageOf(payload) });
    case 'redone':
      return tellPanels({ ...message, file: new TextDecoder().decode(payload) });
    case 'ping':
    case 'ack':
      return;
    case 'point':
      return void tabs.point(message.tab, message.box);
    default:
      tellPanels(message);
  }
}

/** As an address that an <img> takes; a port carries no bytes. @param {Uint8Array} bytes */
function imageOf(bytes) {
  if (!bytes.length) return '';
  const kind = bytes[0] === 0x89 ? 'png' : 'jpeg';
  let signs = '';
  for (let i = 0; i < bytes.length; i += 8192) signs += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return `data:image/${kind};base64,${btoa(signs)}`;
}

/** Nothing is done before it is `written`: a worker that dies in between would be told to do it twice. @param {number} id @param {Promise<void>} written @param {() => Promise<Record<string, unknown> | void>} act */
async function carryOut(id, written, act) {
  try {
    await restored;
    await written;
    connection.send(...pack(id, (await act()) ?? {}));
  } catch (error) {
    connection.send({ t: 'result', id, error: messageOf(error) });
  }
}

/** chrome.debugger wraps the protocol's own error: {"code":-32000,"message":"…"}. @param {unknown} error */
function messageOf(error) {
  const text = error instanceof Error ? error.message : String(error);
  try {
    return String(JSON.parse(text).message ?? text);
  } catch {
    return text;
  }
}

// ---------------------------------------------------------------- the panel

chrome.runtime.onConnect.addListener((port) => {
  // No page and no other extension speaks here: only our own panel.
  if (port.sender?.id !== chrome.runtime.id || port.sender.url?.split(/[?#]/)[0] !== chrome.runtime.getURL('panel.html'))
    return port.disconnect();
  panels.add(port);
  port.onDisconnect.addListener(() => panels.delete(port));
  port.onMessage.addListener((message) => void fromPanel(/** @type {FromPanel} */ (message)));
  port.postMessage({ t: 'connection', ...connection.state });
  connection.connect();
});

/** @param {FromPanel} message */
async function fromPanel(message) {
  switch (message.t) {
    case 'pair':
      return connection.connect(message.code);
    case 'port':
      await chrome.storage.local.set({ port: message.port });
      return connection.connect();
    case 'hello':
      return; // its port alone keeps this worker alive
    default:
      connection.send(message);
  }
}

// ---------------------------------------------------------------- life

chrome.storage.local.setAccessLevel({ accessLevel: 'TRUSTED_CONTEXTS' });
chrome.sidePanel.setPanelBehavior({ openPanelOnActionClick: true });
// Brings a worker back that died while no panel was open.
chrome.alarms.create('alive', { periodInMinutes: 0.5 });
chrome.alarms.onAlarm.addListener(() => connection.connect());
chrome.runtime.onInstalled.addListener(() => connection.connect());
chrome.runtime.onStartup.addListener(() => connection.connect());
connection.connect();
