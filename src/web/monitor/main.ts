/**
 * The monitor page: joins the live connection, the cameras, the form, the sessions and the log.
 */
import { formatBytes, formatDuration } from '../../lib/base/format.js';
import { element, setPill, setText } from '../elements.js';
import { hideToken } from '../server.js';
import { CameraList } from './camera-list.js';
import { CaptureForm } from './capture-form.js';
import { EventList } from './event-list.js';
import { LiveConnection } from './live-connection.js';
import { Player } from './player.js';
import { SessionList } from './session-list.js';

hideToken();

const connection = element('#connection', HTMLElement);
const disk = element('#disk', HTMLElement);
const unreachable = element('#unreachable', HTMLElement);
const trouble = element('#trouble', HTMLElement);
const player = new Player();
const form = new CaptureForm();
const events = new EventList();
const sessions = new SessionList((session) => player.open(session));

const live = new LiveConnection({
  connected(version, history) {
    setPill(connection, 'connected', 'good');
    connection.title = `camrec ${version}`;
    setText(unreachable, '');
    events.catchUp(history);
    void sessions.refresh();
  },
  disconnected() {
    setPill(connection, 'no connection', 'live');
    cameras.clear();
    setText(disk, '');
    setText(trouble, '');
  },
  unreachable(reason) {
    setPill(connection, 'no connection', 'live');
    setText(unreachable, reason);
  },
  status({ daemon, devices }) {
    cameras.show(devices);
    void sessions.follow(devices.filter(({ sessionId }) => sessionId !== null).length);
    const { freeBytes, timeUntilFullMs } = daemon;
    const full = timeUntilFullMs === null ? '' : `, full in ${formatDuration(timeUntilFullMs)}`;
    setText(disk, `${formatBytes(freeBytes)} free${full}`);
    setText(trouble, daemon.trouble === null ? '' : `No recording can begin: ${daemon.trouble}.`);
  },
  event(timed) {
    events.add(timed);
    const { event } = timed.event;
    if (event === 'session.opened' || event === 'session.finished') void sessions.refresh();
  },
  picture: (picture) => cameras.picture(picture),
});

const cameras = new CameraList({
  clock: live.clock,
  actions: {
    start: (device) => void form.start(device),
    stop: (device) => void form.stop(device),
  },
  watch: (devices) => live.watch(devices),
});
