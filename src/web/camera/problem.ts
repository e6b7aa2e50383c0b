/**
 * What can be missing for a browser to be a camera, each said plainly with what to do about it.
 */

export interface Problem {
  readonly title: string;
  readonly advice: string;
  /** Trying again can help. */
  readonly canRetry: boolean;
}

/** What this browser lacks, or nothing. Asked before the camera is. */
export function missingInBrowser(): Problem | undefined {
  if (!isSecureContext) {
    return {
      title: 'This address is not secure',
      advice: `Browsers give the camera and the encoder only to pages over https, or on the machine itself. Start the server with camrec serve --tls, then open https://${location.host}/camera (camrec qr shows it) and accept its certificate.`,
      canRetry: false,
    };
  }
  if (navigator.mediaDevices?.getUserMedia === undefined) {
    return {
      title: 'This browser has no access to cameras',
      advice: 'Use a current Chromium, Chrome, Edge or Safari.',
      canRetry: false,
    };
  }
  return 'VideoEncoder' in globalThis && 'VideoFrame' in globalThis ? undefined : NO_ENCODER;
}

/** No H.264 encoder at all, or none for this size. */
const NO_ENCODER: Problem = {
  title: 'This browser has no H.264 encoder',
  advice:
    'Use Chrome, Edge or Safari. Firefox on Android cannot encode H.264; some Linux packages of Chromium leave it out.',
  canRetry: false,
};

const BY_NAME: Readonly<Record<string, Problem>> = {
  NotAllowedError: {
    title: 'The camera was not allowed',
    advice:
      'Allow this page to use the camera: tap the icon in front of the address, set Camera to Allow, then try again.',
    canRetry: true,
  },
  NotFoundError: {
    title: 'There is no camera',
    advice: 'Connect one, then try again.',
    canRetry: true,
  },
  NotReadableError: {
    title: 'The camera is in use',
    advice: 'Close the other app or page that uses it, then try again.',
    canRetry: true,
  },
};

/** Why the camera could not be opened. */
export function cameraProblem(error: unknown): Problem {
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) };
  return (
    BY_NAME[name] ?? {
      title: 'The camera could not be opened',
      advice: message || name,
      canRetry: true,
    }
  );
}
