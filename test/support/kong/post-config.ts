import { request } from 'undici';

/**
 * Posts the whole configuration of a Kong without a database. Throws Kong's words when Kong
 * refuses.
 */
export async function postConfig(admin: string, content: object): Promise<void> {
  const { statusCode, body } = await request(`${admin}/config`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(content),
    signal: AbortSignal.timeout(10_000),
  });
  const text = await body.text();
  if (statusCode !== 201) throw new Error(`Kong refused its configuration with ${statusCode}: ${text}`);
}
