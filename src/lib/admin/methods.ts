/**
 * The methods of the admin channel, bound to the daemon that answers them.
 */
import type { DaemonApi } from './daemon-api.js';
import { type RpcMethod, type RpcMethods, rpcMethod } from './dispatcher.js';
import { type AdminMethodName, type AdminMethods, CAPTURE_PROGRESS } from './protocol.js';
import { noParamsSchema, startCaptureSchema, stopCaptureSchema } from './schemas.js';

/** One client, as the methods see it. */
export interface AdminCaller {
  /** Sends a notification to this client alone. */
  notify(method: string, params: unknown): void;
  /** Whether events are sent to this client. */
  subscribed: boolean;
}

type Result<Name extends AdminMethodName> = AdminMethods[Name]['result'];

/** Every method of the protocol (the type makes sure that none is missing). */
export function adminMethods(api: DaemonApi): RpcMethods<AdminCaller> {
  const methods: Record<AdminMethodName, RpcMethod<AdminCaller>> = {
    'daemon.info': rpcMethod(noParamsSchema, (): Result<'daemon.info'> => api.info),
    'daemon.pages': rpcMethod(noParamsSchema, (): Result<'daemon.pages'> => api.pages),
    'daemon.status': rpcMethod(
      noParamsSchema,
      (): Promise<Result<'daemon.status'>> => api.status(),
    ),
    'capture.start': rpcMethod(
      startCaptureSchema,
      (params, caller: AdminCaller, id): Promise<Result<'capture.start'>> =>
        api.startCapture(params, (device) => caller.notify(CAPTURE_PROGRESS, { id, device })),
    ),
    'capture.stop': rpcMethod(
      stopCaptureSchema,
      (params): Promise<Result<'capture.stop'>> => api.stopCapture(params),
    ),
    'sessions.live': rpcMethod(
      noParamsSchema,
      (): Promise<Result<'sessions.live'>> => api.liveSessions(),
    ),
    'events.subscribe': rpcMethod(
      noParamsSchema,
      (_params, caller: AdminCaller): Result<'events.subscribe'> => {
        caller.subscribed = true;
        return { subscribed: true };
      },
    ),
    'events.unsubscribe': rpcMethod(
      noParamsSchema,
      (_params, caller: AdminCaller): Result<'events.unsubscribe'> => {
        caller.subscribed = false;
        return { subscribed: false };
      },
    ),
  };
  return new Map(Object.entries(methods));
}
