import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { request } from 'undici';
import { listenTogether } from '#sandbox/network/loopback';
import { lackingPrometheus, type Prometheus, type Scraped, startPrometheus } from '../watch/prometheus';
import { seriesOf } from '../watch/scrapes';

/** PromQL for the share of requests that a stage's Kong answered with 5xx in the last seconds. */
export function errorsOf(stage: string): string {
  const rate = (more: string) => `sum(rate(kong_http_requests_total{stage="${stage}"${more}}[5s]))`;
  return `(${rate(',code=~"5.."')} or vector(0)) / ${rate('')}`;
}

/**
 * Reads the metrics of Kongs, and answers `errorsOf` from them. It is a Prometheus, or a stand-in,
 * announced as such, that knows only this query.
 */
export function openErrors(folder: string, scraped: Scraped): Promise<Prometheus> {
  if (!lackingPrometheus) return startPrometheus(folder, scraped);
  process.stderr.write(`stand-in: a server of the test answers the queries, for ${lackingPrometheus}\n`);
  return startStandIn(scraped);
}

/** The share as Prometheus says it; undefined: it knows none. */
export async function askErrors({ url }: Prometheus, stage: string): Promise<number | undefined> {
  const { body } = await request(`${url}/api/v1/query`, { query: { query: errorsOf(stage) } });
  const { data } = (await body.json()) as { data: { result: readonly { value: readonly [number, string] }[] } };
  const [first] = data.result.map(({ value: [, share] }) => Number(share));
  return first;
}

type Counts = { readonly all: number; readonly bad: number };

/** Compares a Kong's counters with those at the query before. */
async function startStandIn(scraped: Scraped): Promise<Prometheus> {
  const before = new Map<string, Counts>();
  const shareOf = async (stage: string) => {
    const now = await countsOf(scraped[stage] ?? '');
    const { all, bad } = before.get(stage) ?? now;
    before.set(stage, now);
    return now.all > all ? [{ metric: {}, value: [0, String((now.bad - bad) / (now.all - all))] }] : [];
  };
  const { port, close } = await listenTogether(['127.0.0.1'], () =>
    createServer((message, response) => {
      const answer = async () => {
        const asked = `${message.url?.split('?')[1] ?? ''}&${await text(message)}`;
        const [, stage = ''] = /stage="(\w+)"/.exec(new URLSearchParams(asked).get('query') ?? '') ?? [];
        const result = await shareOf(stage);
        response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
      };
      answer().catch(() => response.destroy());
    }),
  );
  return { url: `http://127.0.0.1:${port}`, close };
}

async function countsOf(address: string): Promise<Counts> {
  const { body } = await request(`http://${address}/metrics`);
  const series = [...seriesOf([await body.text()])].filter(([name]) => name.startsWith('kong_http_requests_total{'));
  const sum = (those: typeof series) => those.reduce((total, [, [value]]) => total + Number(value), 0);
  return { all: sum(series), bad: sum(series.filter(([name]) => /code="5\d\d"/.test(name))) };
}
