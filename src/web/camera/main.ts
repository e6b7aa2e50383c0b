/**
 * The camera page.
 */
import { hideToken } from '../server.js';
import { CameraPage } from './camera-page.js';
import { CameraView } from './view.js';
import { keepAwake } from './wake-lock.js';

hideToken();
keepAwake();
void new CameraPage(new CameraView()).open();
