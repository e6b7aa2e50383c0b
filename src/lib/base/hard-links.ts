/**
 * File systems without hard links, such as FAT and some of the network.
 */
import { systemErrorCode } from './errors.js';

/** What `link` says where the file system has none, or none to what is to be linked. */
const CODES = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/** Whether an error says that a link could not be made where other files can. */
export function lacksHardLinks(error: unknown): boolean {
  if (!(error instanceof Error) || !('syscall' in error) || error.syscall !== 'link') return false;
  return CODES.includes(systemErrorCode(error) ?? '');
}
