import { describe, expect, it } from '@jest/globals';
import { encodeMessage, type Field } from '#plugin/server/protocol/protobuf';
import { encodeReturn, parseCall } from '#plugin/server/protocol/rpc';

function parse(...fields: readonly Field[]) {
  const bytes = Buffer.from(encodeMessage(fields));
  return parseCall(bytes, 0, bytes.length);
}

const idAndPhase: readonly Field[] = [
  [1, 5],
  [2, 'access'],
];

describe('parseCall', () => {
  it.each<[string, Field, object]>([
    ['HandleEvent', [36, encodeMessage(idAndPhase)], { kind: 'handle event', instanceId: 5, phase: 'access' }],
    ['CloseInstance', [35, encodeMessage([[1, 5]])], { kind: 'close instance', instanceId: 5 }],
    [
      'StartInstance',
      [
        33,
        encodeMessage([
          [1, 'privatelink'],
          [2, '{"domain":"sd2"}'],
          [9, 'later'],
        ]),
      ],
      { kind: 'start instance', name: 'privatelink', config: { domain: 'sd2' } },
    ],
    ['an unknown method', [99, 'what'], { kind: 'other' }],
  ])('reads %s', (_, field, command) => {
    expect(parse([1, 7], field)).toEqual({ sequence: 7, command: expect.objectContaining(command) });
  });

  it('reads only the bytes between two places', () => {
    const message = encodeMessage([[1, 7]]);
    const bytes = Buffer.concat([Buffer.of(255, 255), message, Buffer.of(255)]);

    expect(parseCall(bytes, 2, 2 + message.length)).toEqual({ sequence: 7, command: { kind: 'other' } });
  });
});

describe('encodeReturn', () => {
  it.each([
    [undefined, [8, 7]],
    [{ name: 'p', instanceId: 3, startedAt: 9 }, [8, 7, 138, 2, 7, 10, 1, 112, 16, 3, 32, 9]],
  ])('writes the number of the call, and %j', (status, bytes) => {
    expect([...encodeReturn(7, status)]).toEqual(bytes);
  });
});
