import { createSocket, type Socket } from 'node:dgram';

/**
 * A process of its own. It asks a DNS server over UDP for SRV of one name after the other, and
 * tells its parent the time.
 */

/** So many questions are under way at once. */
const inFlight = 32;
/** On loopback an answer is lost only where a buffer was full. */
const lostAfterMs = 500;

/**
 * Number of answered questions, and the seconds for them. Also the answers without a record, and
 * the lost answers.
 */
export type Asked = {
  readonly answers: number;
  readonly seconds: number;
  readonly empty: number;
  readonly lost: number;
};

/** The packet of a question for SRV of a name; its id is written when it is sent. */
function questionOf(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`, 'latin1'));
  const header = Buffer.from([0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, 33, 0, 1])]);
}

/** Sends the next question in turn. */
function senderOf(socket: Socket, questions: readonly Buffer[]): () => void {
  let sent = 0;
  return () => {
    const question = questions[sent % questions.length];
    if (!question) return;
    question.writeUInt16BE(sent % 65_536, 0);
    sent += 1;
    socket.send(question);
  };
}

/** An error, or no record although there was room for it. */
function isEmpty(answer: Buffer): boolean {
  const flags = answer.readUInt16BE(2);
  return (flags & 0xf) !== 0 || (answer.readUInt16BE(6) === 0 && (flags & 0x200) === 0);
}

/** Asks until so many are answered; whatever was lost is asked again. */
function askAll(socket: Socket, send: () => void, count: number): Promise<Asked> {
  const startMs = performance.now();
  let [answers, empty, lost, heardMs] = [0, 0, 0, startMs];
  const sendAll = () => {
    for (let index = 0; index < inFlight; index += 1) send();
  };
  return new Promise((done) => {
    const timer = setInterval(() => {
      if (performance.now() - heardMs < lostAfterMs) return;
      lost += inFlight;
      sendAll();
    }, lostAfterMs);
    const onAnswer = (answer: Buffer) => {
      if (isEmpty(answer)) empty += 1;
      heardMs = performance.now();
      answers += 1;
      if (answers + inFlight <= count) send();
      if (answers !== count) return;
      clearInterval(timer);
      socket.off('message', onAnswer);
      done({ answers, seconds: (heardMs - startMs) / 1_000, empty, lost });
    };
    socket.on('message', onAnswer);
    sendAll();
  });
}

async function serve([port = '', ...names]: readonly string[]): Promise<void> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.connect(Number(port), '127.0.0.1', resolve));
  const send = senderOf(socket, names.map(questionOf));
  process.on('message', async (count: number) => process.send?.(await askAll(socket, send, count)));
  process.on('disconnect', () => process.exit());
  process.send?.('ready');
}

void serve(process.argv.slice(2));
