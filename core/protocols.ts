import type { Protocol } from './model';

type Facts = { readonly isTls: boolean; readonly isGrpc: boolean; readonly port: number };

const facts: Readonly<Record<Protocol, Facts>> = {
  http: { isTls: false, isGrpc: false, port: 80 },
  https: { isTls: true, isGrpc: false, port: 443 },
  grpc: { isTls: false, isGrpc: true, port: 80 },
  grpcs: { isTls: true, isGrpc: true, port: 443 },
};

/** Whether the protocol runs over TLS, whether it is gRPC, and its own port. */
export function factsOf(protocol: Protocol): Facts {
  return facts[protocol];
}

export function isProtocol(text: string): text is Protocol {
  return Object.hasOwn(facts, text);
}
