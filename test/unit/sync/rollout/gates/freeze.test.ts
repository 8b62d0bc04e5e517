import { describe, expect, it } from '@jest/globals';
import type { FreezeConfig } from '#config/rollout';
import { frozenUntil } from '#sync/rollout/gates/freeze';

/** 2027-01-15 is a Friday. */
const until = (freezes: readonly FreezeConfig[], now: string) => {
  const ms = frozenUntil(freezes, Date.parse(now));
  return ms === undefined ? undefined : new Date(ms).toISOString().replace(':00.000Z', '');
};

const utc = 'UTC';
const berlin = 'Europe/Berlin';
const newYork = 'America/New_York';

describe('a freeze', () => {
  it.each([
    ['before', '2027-01-15T13:59:59.999Z', undefined],
    ['at its first moment', '2027-01-15T14:00:00Z', '2027-01-16T00:00'],
    ['at its last moment', '2027-01-15T23:59:59.999Z', '2027-01-16T00:00'],
    ['after its end', '2027-01-16T00:00:00Z', undefined],
    ['on another day', '2027-01-14T15:00:00Z', undefined],
  ])('%s', (_, now, expected) => {
    expect(until([{ days: ['fri'], hours: '14:00-24:00', timeZone: utc }], now)).toBe(expected);
  });

  it.each([
    ['on the evening of its first day', '2027-01-15T22:30:00Z', '2027-01-16T06:00'],
    ['in the night after its first day', '2027-01-16T05:59:00Z', '2027-01-16T06:00'],
    ['and not in the night before', '2027-01-15T05:59:00Z', undefined],
    ['nor on the next evening', '2027-01-16T22:30:00Z', undefined],
  ])('over midnight lasts %s', (_, now, expected) => {
    expect(until([{ days: ['fri'], hours: '22:00-06:00', timeZone: utc }], now)).toBe(expected);
  });

  it('without days applies every day, and without hours the whole day', () => {
    expect(until([{ hours: '08:00-09:00', timeZone: utc }], '2027-01-17T08:30:00Z')).toBe('2027-01-17T09:00');
    expect(until([{ days: ['sat', 'sun'], timeZone: utc }], '2027-01-16T08:30:00Z')).toBe('2027-01-18T00:00');
    expect(until([{ hours: '08:00-08:00', days: ['sat'], timeZone: utc }], '2027-01-17T07:00:00Z')).toBe(
      '2027-01-17T08:00',
    );
  });

  it('that never ends is reported for 8 days', () => {
    expect(until([{ timeZone: utc }], '2027-01-15T08:30:00Z')).toBe('2027-01-23T08:30');
    expect(until([{ timeZone: newYork }], '2027-01-15T08:30:00Z')).toBe('2027-01-23T08:30');
  });

  it('continues in a freeze that touches it, even of another zone, and not over a gap', () => {
    const evening: FreezeConfig = { days: ['fri'], hours: '14:00-24:00', timeZone: utc };
    const night: FreezeConfig = { days: ['sat'], hours: '01:00-03:00', timeZone: berlin };
    const later: FreezeConfig = { days: ['sat'], hours: '03:01-04:00', timeZone: berlin };

    expect(until([later, night, evening], '2027-01-15T15:00:00Z')).toBe('2027-01-16T02:00');
  });

  it('follows the days and hours of its own zone', () => {
    const freeze: FreezeConfig = { days: ['fri'], hours: '20:00-24:00', timeZone: newYork };

    expect(until([freeze], '2027-01-16T04:30:00Z')).toBe('2027-01-16T05:00');
    expect(until([freeze], '2027-01-15T20:30:00Z')).toBeUndefined();
    expect(until([{ days: ['sat'], timeZone: 'Pacific/Kiritimati' }], '2027-01-15T10:30:00Z')).toBe('2027-01-16T10:00');
    expect(until([{ hours: '10:00-11:00', timeZone: 'Asia/Kathmandu' }], '2027-01-15T04:20:00Z')).toBe(
      '2027-01-15T05:15',
    );
  });

  // Clocks in Berlin: forward from 02:00 to 03:00 on 2027-03-28 (01:00Z), back from 03:00 to 02:00
  // on 2027-10-31 (01:00Z).
  it.each([
    ['ends by the wall clock, an hour early', '00:00-08:00', '2027-03-28T00:30:00Z', '2027-03-28T06:00'],
    ['ends by the wall clock, an hour late', '00:00-08:00', '2027-10-31T00:30:00Z', '2027-10-31T07:00'],
    ['ends in the missing hour', '00:00-02:30', '2027-03-28T00:30:00Z', '2027-03-28T01:30'],
    ['begins in the missing hour', '02:30-05:00', '2027-03-28T00:59:00Z', '2027-03-28T03:00'],
    ['begins at the first of two equal times', '02:30-05:00', '2027-10-31T00:30:00Z', '2027-10-31T04:00'],
    ['ends at the second of two equal times', '00:00-02:30', '2027-10-31T00:45:00Z', '2027-10-31T01:30'],
    ['is a day of 23 hours', '00:00-24:00', '2027-03-28T00:30:00Z', '2027-03-28T22:00'],
    ['is a day of 25 hours', '00:00-24:00', '2027-10-30T22:00:00Z', '2027-10-31T23:00'],
  ])('where clocks are set %s', (_, hours, now, expected) => {
    expect(until([{ days: ['sun'], hours, timeZone: berlin }], now)).toBe(expected);
  });

  it('does not exist without configuration', () => {
    expect(until([], '2027-01-15T08:30:00Z')).toBeUndefined();
  });
});
