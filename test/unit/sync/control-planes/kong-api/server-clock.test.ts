import { describe, expect, it } from '@jest/globals';
import { createServerClock } from '#sync/control-planes/kong-api/server-clock';
import { createFakeClock } from '../../../../support/passes';

const date = 'Thu, 01 Jan 1970 01:00:00 GMT';
const dateMs = 3_600_000;

describe('the clock of a server', () => {
  it.each([-6, 0, 6])('fm-41 continues from its last answer, even if the clock here is set by %i h', (hours) => {
    const clock = createFakeClock();
    const server = createServerClock(clock);
    server.hear(date);

    clock.step(hours * 3_600_000);
    clock.advance(5_000);

    expect(server.now()).toBe(dateMs + 5_000);
  });

  it.each([undefined, '', 'soon'])('is the local clock while an answer has the date %j', (given) => {
    const clock = createFakeClock(7_000);
    const server = createServerClock(clock);

    server.hear(given);

    expect(server.now()).toBe(7_000);
  });

  it('is kept after an answer without a date', () => {
    const server = createServerClock(createFakeClock());
    server.hear(date);

    server.hear(undefined);

    expect(server.now()).toBe(dateMs);
  });
});
