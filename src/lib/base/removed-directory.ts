/**
 * Leaves a current directory that somebody has removed, for the root: to start a program there fails, and in another way
 * than where the program is missing. To be called behind the last relative path, which cannot be resolved there.
 */
export function leaveRemovedDirectory(): void {
  try {
    process.cwd();
  } catch {
    process.chdir('/');
  }
}
