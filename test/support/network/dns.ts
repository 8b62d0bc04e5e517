import { decode, encode, type OptAnswer, type RecordType } from 'dns-packet';

/** Messages of DNS as clients send them, and as they should not. */

type Parts = {
  readonly id?: number;
  readonly flags?: number;
  readonly counts?: readonly [number, number, number, number];
  readonly name?: Buffer;
  readonly type?: number;
  readonly class?: number;
  /** In place of type and class. */
  readonly tail?: Buffer;
  /** What follows. */
  readonly more?: Buffer;
};

/** The bytes of a name. */
export function nameOf(text: string): Buffer {
  const labels = text.split('.').map((label) => Buffer.from(`\0${label}`, 'latin1'));
  for (const label of labels) label[0] = label.length - 1;
  return Buffer.concat([...labels, Buffer.from([0])]);
}

/** A message of these parts, right or wrong. */
export function messageOf(parts: Parts): Buffer {
  const { id = 1, flags = 0x100, counts = [1, 0, 0, 0], name = nameOf('sd2.privatelink.internal') } = parts;
  const header = Buffer.alloc(12);
  [id, flags, ...counts].forEach((word, index) => void header.writeUInt16BE(word, 2 * index));
  const tail = Buffer.from([0, parts.type ?? 33, 0, parts.class ?? 1]);
  return Buffer.concat([header, name, parts.tail ?? tail, parts.more ?? Buffer.alloc(0)]);
}

type Edns = { readonly size: number; readonly version?: number; readonly isDo?: boolean };

/** A question; with EDNS, said once or more often. */
export function queryOf(name: string, type: RecordType | 'ANY', edns?: Edns, times = 1): Buffer {
  const opt: OptAnswer = {
    type: 'OPT',
    name: '.',
    udpPayloadSize: edns?.size ?? 0,
    extendedRcode: 0,
    ednsVersion: edns?.version ?? 0,
    flags: edns?.isDo ? 0x8000 : 0,
    flag_do: edns?.isDo ?? false,
    options: [],
  };
  const additionals = edns ? Array.from({ length: times }, () => opt) : [];
  return encode({ type: 'query', id: 1, flags: 0x100, questions: [{ type: type as RecordType, name }], additionals });
}

type Read = { readonly type: string; readonly name: string; readonly ttl?: number; readonly data?: unknown };

/** An answer as dns-packet reads it, which the product does not write it with. */
export function readAnswer(bytes: Buffer) {
  const { rcode, answers, authorities, additionals, questions, ...flags } = decode(bytes) as ReturnType<
    typeof decode
  > & {
    readonly rcode: string;
  };
  const opt = (additionals ?? []).find(({ type }) => type === 'OPT');
  return {
    ...flags,
    rcode,
    questions: questions ?? [],
    answers: (answers ?? []) as readonly Read[],
    authorities: (authorities ?? []) as readonly Read[],
    opt: opt as
      | undefined
      | { readonly udpPayloadSize: number; readonly extendedRcode: number; readonly flag_do: boolean },
  };
}
