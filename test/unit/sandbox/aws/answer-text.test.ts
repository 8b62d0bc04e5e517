import { describe, expect, it } from '@jest/globals';
import { jsonText, xmlText } from '#sandbox/aws/answer-text';

describe('omit', () => {
  it.each(['AvailabilityZoneId', 'availabilityZoneId'])('removes every %s of XML and nothing else', (field) => {
    const xml = '<a><availabilityZoneId>1</availabilityZoneId><availabilityZone>x</availabilityZone></a>';

    expect(xmlText.omit(xml + xml, field)).toBe('<a><availabilityZone>x</availabilityZone></a>'.repeat(2));
  });

  it('removes every field with the name from JSON and nothing else', () => {
    expect(jsonText.omit('{"Items":[{"Id":"1","Arn":"a"}],"Arn":"b"}', 'Arn')).toBe('{"Items":[{"Id":"1"}]}');
  });
});

describe('endWithEmptyToken', () => {
  it.each([
    ['XML', xmlText, '<XResponse><set/></XResponse>', '<XResponse><set/><nextToken></nextToken></XResponse>'],
    ['JSON', jsonText, '{"Items":[]}', '{"NextToken":"","Items":[]}'],
  ])('adds an empty token to %s', (_, form, answer, ended) => {
    expect(form.endWithEmptyToken(answer)).toBe(ended);
  });

  it.each([
    ['XML', xmlText, '<XResponse><nextToken>t</nextToken></XResponse>'],
    ['JSON', jsonText, '{"NextToken":"t"}'],
  ])('keeps the token of %s', (_, form, answer) => {
    expect(form.endWithEmptyToken(answer)).toBe(answer);
  });
});
