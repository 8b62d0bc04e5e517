import { describe, expect, it } from '@jest/globals';
import { createFaults, type Fault } from '#sandbox/aws/faults';

const call = { action: 'DescribeVpcEndpoints', account: '111111111111', region: 'us-east-1' };

function strikes(fault: Fault, calls: number): readonly boolean[] {
  const faults = createFaults();
  faults.inject(fault);
  return Array.from({ length: calls }, () => faults.strike(call).length > 0);
}

describe('createFaults', () => {
  it.each([
    [{}, [true, true, true]],
    [{ times: 1 }, [true, false, false]],
    [{ after: 2 }, [false, false, true]],
    [{ after: 1, times: 1 }, [false, true, false]],
    [{ action: 'DescribeSubnets' }, [false, false, false]],
    [{ account: '222222222222' }, [false, false, false]],
    [{ region: 'us-west-2' }, [false, false, false]],
    [call, [true, true, true]],
  ])('strikes with %j as often as configured', (fault, expected) => {
    expect(strikes({ kind: 'throttle', ...fault }, 3)).toEqual(expected);
  });

  it('stops after its end, while an equal fault goes on', () => {
    const faults = createFaults();
    const end = faults.inject({ kind: 'drop' });
    faults.inject({ kind: 'drop' });

    end();

    expect(faults.strike(call)).toHaveLength(1);
  });
});
