/**
 * The camera of this device: opened for the preview, described for the server.
 */
import type { Ratio } from './picture-area.js';

/** More is not asked for: the camera's own rate where it is lower. */
const WANTED_FPS = 60;

/** Opens a camera. Throws what `getUserMedia` throws. */
export async function openCamera(deviceId: string, size: Ratio): Promise<MediaStream> {
  const video: MediaTrackConstraints = {
    width: { ideal: size.width },
    height: { ideal: size.height },
    frameRate: { ideal: WANTED_FPS },
    ...(deviceId === ''
      ? { facingMode: { ideal: 'environment' } }
      : { deviceId: { ideal: deviceId } }),
  };
  return await navigator.mediaDevices.getUserMedia({ video, audio: false });
}

/** The cameras of this device; their names are known once one of them was allowed. */
export async function listCameras(): Promise<MediaDeviceInfo[]> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter(({ kind }) => kind === 'videoinput');
}

/** The `capabilities` message of the wire protocol, without its type. */
export async function capabilitiesOf(track: MediaStreamTrack): Promise<Record<string, unknown>> {
  const { width = 0, height = 0, facingMode } = track.getSettings();
  const most = track.getCapabilities?.();
  return {
    deviceModel: await deviceModel(),
    sdkInt: 0,
    resolutions: [
      {
        width: most?.width?.max ?? width,
        height: most?.height?.max ?? height,
        format: 'YUV_420_888',
        lensFacing: lensFacing(facingMode),
      },
    ],
    imageAnalysisResolution: { width, height },
  };
}

function lensFacing(facingMode: string | undefined): string {
  if (facingMode === 'user') return 'front';
  return facingMode === 'environment' ? 'back' : 'external';
}

/** Client hints, which some browsers give: not in TypeScript's library. */
interface UserAgentData {
  readonly platform: string;
  getHighEntropyValues(hints: string[]): Promise<{ readonly model?: string }>;
}

/** The first that the browser's own description holds: later ones are what it claims to be compatible with. */
const BROWSERS = [
  ['Edg', 'Edge'],
  ['OPR', 'Opera'],
  ['Firefox', 'Firefox'],
  ['FxiOS', 'Firefox'],
  ['Chrome', 'Chrome'],
  ['CriOS', 'Chrome'],
  ['Safari', 'Safari'],
] as const;

const MACHINES = /\b(iPhone|iPad|Android|Macintosh|Windows|Linux)\b/;

async function deviceModel(): Promise<string> {
  const { userAgent } = navigator;
  const [, browser = 'Browser'] = BROWSERS.find(([mark]) => userAgent.includes(mark)) ?? [];
  const data = Reflect.get(navigator, 'userAgentData') as UserAgentData | undefined;
  const hints = await data?.getHighEntropyValues(['model']).catch(() => undefined);
  const machine = hints?.model || data?.platform || MACHINES.exec(userAgent)?.[0];
  return machine === undefined ? browser : `${browser} on ${machine}`;
}
