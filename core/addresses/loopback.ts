/** Whether a URL stays on this machine by its form alone: a name such as `127.evil.com` does not. */
export function isLoopback(url: string): boolean {
  return /^(localhost|\[::1\]|127(\.\d{1,3}){3})$/.test(new URL(url).hostname);
}
