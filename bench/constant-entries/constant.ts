import type { Kong } from '#plugin/request/handler';

/**
 * Makes the two calls of target mode with constant arguments: the cost of our server without any
 * decision.
 */
export class Plugin {
  private readonly port: number;

  constructor({ port = 8080 }: { readonly port?: number }) {
    this.port = port;
  }

  access(kong: Kong): void {
    void kong.service.setTarget('127.0.0.1', this.port);
    void kong.service.request.setHeader('Host', 'sd2.privatelink:8080');
  }
}

export const Version = '0.1.0';
export const Priority = 790;
export const Schema = [{ port: { type: 'number' } }];
