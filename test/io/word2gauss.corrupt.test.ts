import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../lib/core/errors.ts';
import { readWord2Gauss } from '../../lib/io/word2gauss/word2gauss.ts';
import { expectFault, temporaryDirectory } from './support.ts';
import { changed, modelMembers, parametersText, spherical, type TarMember, tarGzFile } from './tar.ts';

const file = temporaryDirectory();

async function write(members: readonly TarMember[]): Promise<string> {
  await writeFile(file('model.tar.gz'), tarGzFile(members));
  return file('model.tar.gz');
}

async function expectRefusal(members: readonly TarMember[], code: ErrorCode, message: RegExp, options = {}) {
  await expectFault(readWord2Gauss(await write(members), options), code, message);
}

describe('members that are not good', () => {
  test.each(['parameters', 'word_mu', 'sigma'])('%s is missing or there twice', async (name) => {
    await expectRefusal(changed({ [name]: undefined }), 'ERR_CORRUPT_FILE', RegExp(`no member "${name}", only \\[`));
    const members = [...modelMembers(spherical), { name: `old/${name}`, text: '1\n' }];
    await expectRefusal(members, 'ERR_CORRUPT_FILE', RegExp(`two members named "${name}"`));
  });

  test.each<[string, string, ErrorCode, RegExp]>([
    ['no JSON', '{N: 1}', 'ERR_CORRUPT_FILE', /model\.tar\.gz\/parameters": not JSON/],
    ['no object', '3', 'ERR_CORRUPT_FILE', /expected an object but received 3/],
    [
      'too long',
      ' '.repeat(70_000),
      'ERR_CORRUPT_FILE',
      /parameters": expected at most 65536 bytes but received 70000/,
    ],
    ['another covariance', parametersText({ N: 3, K: 2, covariance_type: 3 }), 'ERR_RANGE', /covariance_type .* 3$/],
    ['a named covariance', parametersText({ N: 3, K: 2, covariance_type: 'full' }), 'ERR_RANGE', /received "full"$/],
    ['no covariance', parametersText({ N: 3, K: 2, covariance_type: undefined }), 'ERR_RANGE', /received undefined$/],
    ['no words', parametersText({ N: 0, K: 2 }), 'ERR_RANGE', /a positive integer for N but received 0/],
    ['half a dimension', parametersText({ N: 3, K: 1.5 }), 'ERR_RANGE', /a positive integer for K but received 1\.5/],
    ['no bound', parametersText({ N: 3, K: 2, mu_max: null }), 'ERR_CORRUPT_FILE', /a number for mu_max .* null/],
    ['no energy', parametersText({ N: 3, K: 2, energy_type: 1 }), 'ERR_CORRUPT_FILE', /a string for energy_type .* 1/],
    [
      'counts beyond the file',
      parametersText({ N: 2 ** 50, K: 2 ** 50 }),
      'ERR_SHAPE',
      /word_mu": expected 1125899906842/,
    ],
  ])('parameters: %s', async (_, parameters, code, message) => {
    await expectRefusal(changed({ parameters }), code, message);
  });

  test.each<[string, string, ErrorCode, RegExp]>([
    ['a row too few', 'a 1 2.000000\nb 3 4\n', 'ERR_SHAPE', /word_mu": expected 3 rows but received 2$/],
    ['no rows', '', 'ERR_SHAPE', /word_mu": expected 3 rows of 2 numbers but received 0 bytes$/],
    ['a row too many', 'a 1 2\nb 3 4\nc 5 6\nd 7 8\n', 'ERR_SHAPE', /expected 3 rows but received more$/],
    ['a number too few', 'a 1 2\nb 3\nc 5 6\n', 'ERR_SHAPE', /2 numbers in row 1 but received 1 numbers$/],
    ['a number too many', 'a 1 2\nb 3 4 5\nc 5 6\n', 'ERR_SHAPE', /2 numbers in row 1 but received 3 numbers$/],
    ['a word with a space', 'a 1 2\nb 3 4\nnew york 5 6\n', 'ERR_SHAPE', /a word without spaces .* row 2 .* 3/],
    ['an empty row', 'aaaa 1 2\n\nc 5 6\n', 'ERR_SHAPE', /in row 1 but received 0 numbers$/],
    ['no end', 'a 1 2\nb 3 4\nc 5 6', 'ERR_CORRUPT_FILE', /word_mu": truncated: row 2 has no end$/],
    ['NaN', 'a 1 2\nb nan 4\nc 5 6\n', 'ERR_NOT_FINITE', /a finite number for word_mu\[1, 0\] but received nan$/],
    ['an infinity', 'a 1 2\nb 3 4\nc 5 -inf\n', 'ERR_NOT_FINITE', /for word_mu\[2, 1\] but received -inf$/],
    [
      'beyond float32',
      'a 1 2\nb 3 4e38\nc 5 6\n',
      'ERR_RANGE',
      /within float32 for word_mu\[1, 1\] but received 4e38$/,
    ],
    ['beyond float64', 'a 1 2\nb 3 4e999\nc 5 6\n', 'ERR_RANGE', /within float32 for word_mu\[1, 1\] .* 4e999$/],
    ['hexadecimal', 'a 1 2\nb 0x3 4\nc 5 6\n', 'ERR_CORRUPT_FILE', /a number for word_mu\[1, 0\] but received 0x3$/],
    ['two spaces', 'a 1 2\nb  4\nc 5 6\n', 'ERR_CORRUPT_FILE', /a number for word_mu\[1, 0\] but received $/],
    ['another line end', 'a 1 2\r\nb 3 4\r\nc 5 6\r\n', 'ERR_CORRUPT_FILE', /for word_mu\[0, 1\] but received 2\\r$/],
  ])('word_mu: %s', async (_, word_mu, code, message) => {
    await expectRefusal(changed({ word_mu }), code, message);
  });

  test('word_mu: not UTF-8, and a row without end', async () => {
    const bytes = Buffer.from('a 1 2\n\xe9 3 4\nc 5 6\n', 'latin1');
    await expectRefusal(changed({ word_mu: bytes }), 'ERR_CORRUPT_FILE', /the word of row 1 is not UTF-8/);
    const endless = `a 1 2\n${'b'.repeat(150_000)}`;
    await expectRefusal(changed({ word_mu: endless }), 'ERR_CORRUPT_FILE', /row 1 has more than 65600 bytes/);
  });

  test.each<[string, string, ErrorCode, RegExp]>([
    ['negative', '1\n1\n-1e-30\n1\n1\n1\n', 'ERR_NOT_POSITIVE_DEFINITE', /at least 0 for sigma\[2, 0\] .* -1e-30$/],
    ['NaN', '1\nNaN\n1\n1\n1\n1\n', 'ERR_NOT_FINITE', /sigma\[1, 0\] but received NaN$/],
    ['of the words only', '1\n1.00000000\n1\n', 'ERR_SHAPE', /sigma": expected 6 rows but received 3$/],
    ['diagonal', '1 1\n1 1\n1 1\n1 1\n1 1\n1 1\n', 'ERR_SHAPE', /expected 1 numbers in row 0 but received 2 numbers$/],
  ])('sigma: %s', async (_, sigma, code, message) => {
    await expectRefusal(changed({ sigma }), code, message);
  });

  test('what is not asked for is not checked', async () => {
    const members = changed({ sigma: '1\n1\n1\n-1\n1\n1\n', mu_context: 'nan 1\n1 1\n1 1\n' });
    expect((await readWord2Gauss(await write(members))).gaussians.covariances).toEqual(new Float32Array([1, 1, 1]));
    await expectRefusal(members, 'ERR_NOT_FINITE', /mu_context\[0, 0\]/, { part: 'contexts' });
    const negative = changed({ sigma: '1\n1\n1\n-1\n1\n1\n' });
    await expectRefusal(negative, 'ERR_NOT_POSITIVE_DEFINITE', /sigma\[3, 0\]/, { part: 'both' });
  });

  test('a bomb', async () => {
    const members = changed({ sigma: '0'.repeat(50_000_000) });
    await expectRefusal(
      members,
      'ERR_CORRUPT_FILE',
      /sigma": expected 6 rows of 1 numbers, at most 192 bytes, but received 5/,
    );
  });

  test('a length that is not there', async () => {
    const members = modelMembers(spherical).map((member) =>
      member.name === 'parameters' ? { ...member, claimedSize: 9000 } : member,
    );
    await expectRefusal(members, 'ERR_CORRUPT_FILE', /no intact tar archive: .*[Tt]runcated/);
  });
});
