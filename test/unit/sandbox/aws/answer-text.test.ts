import { describe, expect, it } from '@jest/globals';
import { jsonText, xmlText } from '#sandbox/aws/answer-text';

describe('omit', () => {
  it.each(['AvailabilityZoneId', 'availabilityZoneId'])('takes out every %s of XML and nothing else', (field) => {
    const xml = '<a><availabilityZoneId>1</availabilityZoneId><availabilityZone>x</availabilityZone></a>';

    expect(xmlText.omit(xml + xml, field)).toBe('<a><availabilityZone>x</availabilityZone></a>'.repeat(2));
  });

  it('takes out every field of that name of JSON and nothing else', () => {
    expect(jsonText.omit('{"Items":[{"Id":"1","Arn":"a"}],"Arn":"b"}', 'Arn')).toBe('{"Items":[{"Id":"1"}]}');
  });
});

describe('endWithEmptyToken', () => {
  it.each([
    ['XML', xmlText, '<XResponse><set/></XResponse>', '<XResponse><set/><nextToken></nextToken></XResponse>'],
    ['JSON', jsonText, '{"Items":[]}', '{"NextToken":"","Items":[]}'],
  ])('gives %s an empty token where it has none', (_, form, answer, ended) => {
    expect(form.endWithEmptyToken(answer)).toBe(ended);
  });

  it.each([
    ['XML', xmlText, '<XResponse><nextToken>t</nextToken></XResponse>'],
    ['JSON', jsonText, '{"NextToken":"t"}'],
  ])('leaves %s the token that it has', (_, form, answer) => {
    expect(form.endWithEmptyToken(answer)).toBe(answer);
  });
});
