import { createServer, type ServerResponse } from 'node:http';
import { afterEach, expect, it } from '@jest/globals';
import { limitAnswers } from '#discovery/aws/answer-limits';
import { createEc2Reader } from '#discovery/aws/readers/endpoints';
import { createDiscoverer } from '#discovery/discover';
import { createSources } from '#discovery/sources';
import { type Listening, listenTogether } from '#sandbox/network/loopback';
import { ec2Client } from '../../support/aws/ec2-client';
import { keysOf } from '../../support/aws/keys';
import { readerOptions, vpcEndpointsConfig } from '../../support/aws/vpc-endpoints';
import { createFakeClock } from '../../support/passes';
import { patienceMs, until } from '../../support/until';

const mebibyte = 2 ** 20;
const signal = new AbortController().signal;
const answers: ServerResponse[] = [];
let listening: Listening | undefined;

afterEach(async () => {
  for (const answer of answers.splice(0)) answer.destroy();
  await listening?.close();
});

/** An EC2 whose answers the test decides; returns its address. */
async function serve(answer: (response: ServerResponse) => void): Promise<string> {
  listening = await listenTogether(['127.0.0.1'], () =>
    createServer((_, response) => {
      answers.push(response.writeHead(200, { 'content-type': 'text/xml' }));
      answer(response);
    }),
  );
  return `http://127.0.0.1:${listening.port}`;
}

/**
 * Lists endpoints of an EC2 that answers with this text again and again, as long as the client
 * reads.
 */
async function list(text: string, pauseMs: number, limits: { timeoutMs: number; maxBytes: number }) {
  const url = await serve((response) => {
    const timer = setInterval(() => response.write(text), pauseMs);
    response.on('close', () => clearInterval(timer));
  });
  const client = ec2Client(url, { account: '111111111111', region: 'us-east-1' });
  client.middlewareStack.use(limitAnswers(limits));
  const reader = createEc2Reader(readerOptions({ client }));
  return reader.listEndpoints({ tagKey: 'kong:domain' }, signal);
}

async function untilHungUp(): Promise<void> {
  await until('the client has hung up', () => answers.length === 1 && answers[0]?.destroyed === true);
}

it('fm-54 reads an endless answer up to its limit, and does not retry', async () => {
  const listed = list(' '.repeat(mebibyte / 4), 0, { timeoutMs: patienceMs, maxBytes: mebibyte });

  await expect(listed).rejects.toMatchObject({
    code: 'BAD_ANSWER',
    reason: expect.stringMatching(/ec2:DescribeVpcEndpoints failed: the answer has more than 1 MiB$/),
    fix: expect.stringContaining('no proxy answers in place of AWS'),
  });
  await untilHungUp();
});

it('fm-54 limits the time of a whole call: an answer that arrives byte by byte ends with it', async () => {
  const listed = list(' ', 1, { timeoutMs: 200, maxBytes: mebibyte });

  await expect(listed).rejects.toMatchObject({
    code: 'TIMEOUT',
    reason: expect.stringMatching(/the answer was not whole 0\.2 s after its headers$/),
  });
  await untilHungUp();
});

it('fm-54 calls a scope unknown at once if its NextToken repeats, and keeps its last good', async () => {
  Object.assign(process.env, keysOf('111111111111'));
  const token = '<nextToken>same</nextToken>';
  let next = '';
  const endpoint = await serve((response) =>
    response.end(`<DescribeVpcEndpointsResponse><vpcEndpointSet/>${next}</DescribeVpcEndpointsResponse>`),
  );
  const clock = createFakeClock();
  const ownAccount = '111111111111';
  const sources = createSources({ owner: 'test', sources: [vpcEndpointsConfig({ endpoint, ownAccount })] }, { clock });
  const { discover } = createDiscoverer(sources, { clock });
  await discover(signal);
  const before = answers.length;
  next = token;

  const { scopes } = await discover(signal);

  expect(scopes).toMatchObject([
    {
      status: 'unknown',
      code: 'BAD_ANSWER',
      reason: expect.stringContaining('page 2 names a next page that was read before'),
      lastGood: { discovered: { endpoints: [] } },
    },
  ]);
  expect(answers.length - before).toBe(2);
});
