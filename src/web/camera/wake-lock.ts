/**
 * Keeps the screen on while the page is in front. Browsers drop the lock whenever the page is hidden.
 */
export function keepAwake(): void {
  const request = () => {
    if (document.visibilityState !== 'visible') return;
    // Refused on low battery, or by an old browser: the hint on the page says what to do.
    navigator.wakeLock?.request('screen').catch(() => {});
  };
  document.addEventListener('visibilitychange', request);
  request();
}
