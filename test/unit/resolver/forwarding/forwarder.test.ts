import { describe, expect, it } from '@jest/globals';
import { type Asking, isAnswer } from '#resolver/forwarding/exchange';
import { createForwarder } from '#resolver/forwarding/forwarder';
import { type Query, readQuery } from '#resolver/packets/query';
import { queryOf, readAnswer } from '../../../support/network/dns';

const servers = ['10.0.0.2', '10.0.0.3'].map((ip) => ({ ip, port: 53 }));
const bytes = queryOf('example.com', 'A', { size: 700 });
const query = readQuery(bytes) as Query;

/** An answer to the message with this result, with so many more bytes. */
function answerOf({ message }: Asking, rcode = 0, more = 0): Buffer {
  const answer = Buffer.concat([message, Buffer.alloc(more)]);
  answer.writeUInt16BE(0x8180 | rcode, 2);
  return answer;
}

function open(answers: (exchange: Asking) => Promise<Buffer>) {
  const asked: Asking[] = [];
  const ask = (exchange: Asking) => {
    asked.push(exchange);
    return answers(exchange);
  };
  const forward = createForwarder({ servers, ask: { udp: ask, tcp: ask }, randomId: () => 4_242 });
  return { forward, asked };
}

describe('createForwarder', () => {
  it("forwards a question with its own id, and returns the answer with the client's id", async () => {
    const { forward, asked } = open(async (exchange) => answerOf(exchange));

    const answer = await forward(bytes, query, 'udp');

    expect(asked.map(({ server, message }) => [server.ip, message.readUInt16BE(0)])).toEqual([['10.0.0.2', 4_242]]);
    expect(asked[0]?.message.subarray(2)).toEqual(bytes.subarray(2));
    expect(answer?.readUInt16BE(0)).toBe(1);
  });

  it.each([
    ['does not answer', undefined],
    ['cannot answer', 2],
    ['refuses', 5],
  ])('asks the next server when one %s', async (_, rcode) => {
    const { forward, asked } = open(async (exchange) => {
      if (exchange.server.ip === '10.0.0.3') return answerOf(exchange, 3);
      if (rcode === undefined) throw new Error('no answer');
      return answerOf(exchange, rcode);
    });

    const answer = await forward(bytes, query, 'udp');

    expect(asked.map(({ server }) => server.ip)).toEqual(['10.0.0.2', '10.0.0.3']);
    expect(answer && readAnswer(answer).rcode).toBe('NXDOMAIN');
  });

  it('returns the last answer if all servers fail, and nothing if no server answers', async () => {
    const refused = await open(async (exchange) => answerOf(exchange, 5)).forward(bytes, query, 'udp');
    const silent = await open(async () => Promise.reject(new Error('no answer'))).forward(bytes, query, 'udp');

    expect(refused && readAnswer(refused).rcode).toBe('REFUSED');
    expect(silent).toBeUndefined();
  });

  it('returns by UDP no more bytes than the client accepts, and marks the answer as truncated', async () => {
    const { forward } = open(async (exchange) => answerOf(exchange, 0, 700));

    const [udp, tcp] = [await forward(bytes, query, 'udp'), await forward(bytes, query, 'tcp')];

    expect(udp && readAnswer(udp)).toMatchObject({ flag_tc: true, answers: [], questions: [{ name: 'example.com' }] });
    expect(tcp?.length).toBe(bytes.length + 700);
  });

  it('asks a silent server last from then on', async () => {
    let silent = '10.0.0.2';
    const { forward, asked } = open(async (exchange) => {
      if (exchange.server.ip === silent) throw new Error('no answer');
      return answerOf(exchange);
    });

    await forward(bytes, query, 'udp');
    await forward(bytes, query, 'udp');
    silent = '10.0.0.3';
    await forward(bytes, query, 'udp');

    expect(asked.map(({ server }) => server.ip.at(-1)).join('')).toBe('23332');
  });

  it('sends one question for equal concurrent questions, each client keeps its id, and then asks again', async () => {
    const { forward, asked } = open(async (exchange) => answerOf(exchange));
    const ids = Array.from({ length: 40 }, (_, id) => id);
    const queryWith = (id: number) => Buffer.concat([Buffer.from([0, id]), bytes.subarray(2)]);

    const answers = await Promise.all(
      ids.map((id) => forward(queryWith(id), readQuery(queryWith(id)) as Query, 'udp')),
    );
    const once = asked.length;
    await Promise.all([forward(bytes, query, 'udp'), forward(bytes, query, 'tcp')]);

    expect(answers.map((answer) => answer?.readUInt16BE(0))).toEqual(ids);
    expect([once, asked.length]).toEqual([1, 3]);
  });

  it('limits the open questions, in all and for one question, and goes on when some have ended', async () => {
    let release: (() => void)[] = [];
    const { forward, asked } = open(async (exchange) => {
      await new Promise<void>((resolve) => release.push(resolve));
      return answerOf(exchange);
    });
    const pass = (one: Buffer) => forward(one, readQuery(one) as Query, 'udp');

    const ofOne = Array.from({ length: 17 }, (_, index) => pass(queryOf('example.com', 'A', { size: 600 + index })));
    const ofMany = Array.from({ length: 500 }, (_, index) => pass(queryOf(`host-${index}.example.com`, 'A')));
    const [tooManyOfOne, tooMany] = [await ofOne[16], await ofMany[499]];
    const underWay = asked.length;
    for (const end of release) end();
    await Promise.all([...ofOne, ...ofMany]);
    release = [];
    const after = pass(bytes);
    for (const end of release) end();

    expect([tooManyOfOne, tooMany, underWay]).toEqual([undefined, undefined, 500]);
    expect(await after).toBeDefined();
  });
});

describe('isAnswer', () => {
  const message = queryOf('Example.com', 'A');
  const { question } = readQuery(message) as Query;
  const answer = (change: (bytes: Buffer) => unknown) => {
    const own = Buffer.from(message);
    own.writeUInt16BE(0x8180, 2);
    change(own);
    return own;
  };

  it.each([
    ['an answer', true, answer(() => {})],
    ['an answer in another spelling', true, answer((own) => own.write('EXAMPLE', 13))],
    ['an error without the question', true, answer((own) => own.writeUInt32BE(0x8181_0000, 2)).subarray(0, 12)],
    ['an answer without the question', false, answer((own) => own.writeUInt32BE(0x8180_0000, 2)).subarray(0, 12)],
    ['another id', false, answer((own) => own.writeUInt16BE(2, 0))],
    ['another question', false, answer((own) => own.write('exampla', 13))],
    ['another type', false, answer((own) => own.writeUInt16BE(28, own.length - 4))],
    ['a question', false, answer((own) => own.writeUInt16BE(0x0100, 2))],
    ['less than a header', false, message.subarray(0, 11)],
    ['a cut question', false, answer(() => {}).subarray(0, 20)],
  ])('recognises %s: %s', (_, expected, bytes) => {
    expect(isAnswer(bytes, { message, question })).toBe(expected);
  });
});
