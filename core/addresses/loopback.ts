/** Whether a URL's form keeps it on this machine. A name such as `127.evil.com` does not. */
export function isLoopback(url: string): boolean {
  return /^(localhost|\[::1\]|127(\.\d{1,3}){3})$/.test(new URL(url).hostname);
}

/**
 * The address for questions to a listener (`127.0.0.1:5353`, `[::1]:5353`) on the same machine. For
 * all addresses it is loopback.
 */
export function askedAt(listen: string): string {
  return listen.replace(/^[0.]+(?=:\d+$)/, '127.0.0.1').replace(/^\[[0.:]+\](?=:\d+$)/, '[::1]');
}
