/**
 * Whether a URL stays on this machine by its form alone: a name such as `127.evil.com` does not.
 */
export function isLoopback(url: string): boolean {
  return /^(localhost|\[::1\]|127(\.\d{1,3}){3})$/.test(new URL(url).hostname);
}

/**
 * Where who listens at an address (`127.0.0.1:5353`, `[::1]:5353`) is asked on the same machine: on
 * loopback where that is all addresses.
 */
export function askedAt(listen: string): string {
  return listen.replace(/^[0.]+(?=:\d+$)/, '127.0.0.1').replace(/^\[[0.:]+\](?=:\d+$)/, '[::1]');
}
