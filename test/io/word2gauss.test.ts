import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../lib/core/errors.ts';
import { GaussianMemory } from '../../lib/gaussian/memory.ts';
import { type ReadWord2GaussOptions, readWord2Gauss } from '../../lib/io/word2gauss/word2gauss.ts';
import { check } from '../support/check.ts';
import { expectFault, temporaryDirectory } from './support.ts';
import {
  changed,
  diagonal,
  type ModelText,
  modelMembers,
  parametersText,
  paxRecord,
  spherical,
  type TarMember,
  tarFile,
  tarGzFile,
} from './tar.ts';

const file = temporaryDirectory();

const float32 = (rows: readonly (readonly number[])[] = []) => new Float32Array(rows.flat());

async function write(members: readonly TarMember[]): Promise<string> {
  await writeFile(file('model.tar.gz'), tarGzFile(members));
  return file('model.tar.gz');
}

async function expectRefusal(members: readonly TarMember[], code: ErrorCode, message: RegExp, options = {}) {
  await expectFault(readWord2Gauss(await write(members), options), code, message);
}

/** Made with numpy 2.4 (savetxt), json and tarfile of Python 3 the way the package does: 3 words, K = 2, diagonal. */
const GOLDEN =
  'H4sIALy5BGsC/+2a3WrbQBBGfe2nEL5to8zOzv4VCoXeNBRK3sAIRQmmlW1kuXUIeaA+R1+sI8VJwCExuZBDku/cSP5W0oKt3bMjOT/Oj7+cFptv' +
  'VXFWNaNBoBse2xJxuN/vckNsZJRtRgdgvWqLRrsfvU/YZnU7q6vPJtx+/zm78Qi8D/4smrNpvR60j+6m8k+MfzY0MuJYQiDpx78x3o0yOuT4X6+e' +
  'nv72tb9SmkX5M0t56rGOxHkhqY5syiiPbLyJxqYgNpKkcVmc//urDdaS2EBedNaINkhm8u1vafQSQbzn6oOl8XKx1KMTOetcDBTYBhbRSMTrac47' +
  '6zlZsphwXogc/of/4f93S72elot5W23al/M/Bb/r/6BLAvj/ABxRrg5OzrJa2UVdeUUzVsF7capqzTiJsTojUE4chZmlP1J8MLA2/A//w//g9bKa' +
  'XdTFwH3s878JvON/8gz/HwStzrUSj1qgaw2vZb1W+qr6JOy0Yu/res8hxS6MXf2udKEuAxJJF2qz75cEiVJ05P1Yr6NTejKxC1ksB40oRuM46rkS' +
  'xcUUMcXA//A//A9elKIspxdNMeg7gL31vzcP6n8x8P9h/E+qaRrvbo8ea8CQgf/hf/gfvC3/D/gg4Pn+Z0H9D/8D+B/+h//BcCyLpqirtmpWAzpm' +
  'j/+t7D7/N94z/H8IriY/Jp8y+zGbfNct67Zc/C6aWTEvq2l7uay2aTWvmovL22RycjrRsF8zTuvZXCPK/c2fCGOkkCiY+/Zio+0n8/PZfNZealyv' +
  'txnn1F26LXT/SuP+Mncn3n3qjt/2QQ96pWuNvv5arFY3x9++U5LU3UaGrzHGAQAAAAAAAAAAAAAAAAAAAAAAAPC2+Q9uJuV5AFAAAA==';

describe('a model', () => {
  test('as Python writes it, with pax headers', async () => {
    await writeFile(file('model.tar.gz'), Buffer.from(GOLDEN, 'base64'));
    const { gaussians, words, parameters } = await readWord2Gauss(file('model.tar.gz'), { part: 'both' });
    expect(words).toEqual(['rock', 'caf\u00e9', 'pop']);
    expect(parameters).toMatchObject({ energyType: 'IP', sigmaMax: Number.POSITIVE_INFINITY, muMax: 2 });
    const means = [1e-38, 0.8216181397438049, 0.3304370641708374, 1e30, 0.9053558707237244, 0.4463745653629303];
    const contexts = [-0.5369532108306885, 0.581118106842041, 0.3645724058151245, 0.2941325008869171];
    means.push(...contexts, 0.028422242030501366, 0.5467129945755005);
    const variances = [0.96378535, 1.330743, 0.94255584, 1.0627983, 0.80723333, 1.0224904];
    variances.push(0.8627642, 0.90985066, 1.3002918, 0.924327, 1.0881528, 1.4845898);
    expect(gaussians).toEqual({
      count: 6,
      dimension: 2,
      structure: 'diagonal',
      means: new Float32Array(means),
      covariances: new Float32Array(variances),
    });
  });

  test('spherical', async () => {
    expect(await readWord2Gauss(await write(modelMembers(spherical)))).toEqual({
      gaussians: {
        count: 3,
        dimension: 2,
        structure: 'isotropic',
        means: float32(spherical.means),
        covariances: new Float32Array([0.5, 1, 1.5]),
      },
      words: ['rock', 'jazz', 'pop'],
      parameters: {
        words: 3,
        dimension: 2,
        covarianceType: 'spherical',
        energyType: 'KL',
        muMax: 2,
        sigmaMin: 0.7,
        sigmaMax: 1.5,
      },
    });
  });

  test('diagonal', async () => {
    const { gaussians, parameters } = await readWord2Gauss(await write(modelMembers(diagonal)));
    expect(gaussians).toMatchObject({ structure: 'diagonal', covariances: float32(diagonal.variances.slice(0, 3)) });
    expect(parameters.covarianceType).toBe('diagonal');
  });

  test.each([spherical, diagonal])('its contexts, and both', async (model) => {
    const path = await write(modelMembers(model));
    const contexts = await readWord2Gauss(path, { part: 'contexts' });
    expect(contexts.words).toEqual(model.words);
    expect(contexts.gaussians).toMatchObject({
      count: 3,
      means: float32(model.contexts),
      covariances: float32(model.variances.slice(3)),
    });
    const both = await readWord2Gauss(path, { part: 'both' });
    expect(both.words).toEqual(model.words);
    expect(both.gaussians).toMatchObject({
      count: 6,
      means: float32([...model.means, ...(model.contexts ?? [])]),
      covariances: float32(model.variances),
    });
  });

  test('of an early version, without contexts', async () => {
    const early = { ...diagonal, contexts: undefined, variances: diagonal.variances.slice(0, 3) };
    const { gaussians } = await readWord2Gauss(await write(modelMembers(early)));
    expect(gaussians).toMatchObject({ count: 3, covariances: float32(early.variances) });
    for (const part of ['contexts', 'both']) {
      const message = /no member "mu_context", only \[word_mu, sigma, parameters\]/;
      await expectRefusal(modelMembers(early), 'ERR_CORRUPT_FILE', message, { part });
    }
  });

  test('numbers as Python writes them', async () => {
    const mu = 'a 0.10000000149011612 -1.1754943508222875e-38\nb 1e-05 -0.0\nc 3.4028234663852886e+38 1e-46\n';
    const { gaussians } = await readWord2Gauss(await write(changed({ word_mu: mu })));
    const expected = [0.1, -1.1754943508222875e-38, 1e-5, -0, 3.4028234663852886e38, 0];
    expect(gaussians.means).toEqual(new Float32Array(expected));
  });

  test('words of any kind', async () => {
    const words = ['na\u00efve', '\u{1f3b8}\u00a0', ''];
    const read = await readWord2Gauss(await write(modelMembers({ ...spherical, words })));
    expect(read.words).toEqual(words);
    expect(read.gaussians.means).toEqual(float32(spherical.means));
  });

  test('bounds that are infinite', async () => {
    const text = parametersText({ N: 3, K: 2 }).replace('"sigma_max":1.5', '"sigma_max": Infinity');
    const { parameters } = await readWord2Gauss(await write(changed({ parameters: text })));
    expect(parameters.sigmaMax).toBe(Number.POSITIVE_INFINITY);
  });

  test('becomes a memory', async () => {
    for (const model of [spherical, { ...diagonal, variances: diagonal.variances.map(() => [0, 2]) }]) {
      const { gaussians, words } = await readWord2Gauss(await write(modelMembers(model)));
      const memory = await GaussianMemory.create(gaussians);
      expect(memory.precision).toBe('float32');
      const { indices, distances } = await memory.nearest(gaussians);
      expect(Array.from(indices, (index) => words[index])).toEqual(words);
      for (const distance of distances) expect(distance).toBeCloseTo(0, 5);
    }
  });

  test('of any size and any numbers', async () => {
    const number = fc.float({ noNaN: true, noDefaultInfinity: true });
    const variance = fc.float({ min: 0, noNaN: true, noDefaultInfinity: true });
    const word = fc.string({ unit: 'grapheme' }).filter((text) => !/[ \n]/.test(text));
    const shapes = fc.record({
      n: fc.integer({ min: 1, max: 30 }),
      d: fc.integer({ min: 1, max: 20 }),
      one: fc.boolean(),
    });
    const rows = (item: fc.Arbitrary<number>, count: number, length: number) =>
      fc.array(fc.array(item, { minLength: length, maxLength: length }), { minLength: count, maxLength: count });
    const models = shapes.chain(({ n, d, one }) =>
      fc.record({
        words: fc.array(word, { minLength: n, maxLength: n }),
        means: rows(number, n, d),
        contexts: rows(number, n, d),
        variances: rows(variance, 2 * n, one ? 1 : d),
      }),
    );
    await check(models, 60, async (model) => {
      const { gaussians, words } = await readWord2Gauss(await write(modelMembers(model)), { part: 'both' });
      expect(words).toEqual(model.words);
      expect(gaussians.means).toEqual(float32([...model.means, ...model.contexts]));
      expect(gaussians.covariances).toEqual(float32(model.variances));
      expect(gaussians.structure).toBe(model.variances[0]?.length === 1 ? 'isotropic' : 'diagonal');
    });
  });

  test('of several pieces, with progress', async () => {
    const n = 5000;
    const row = (i: number) => Array.from({ length: 20 }, (_, k) => Math.fround(Math.sin(i + 20 * k)));
    const large: ModelText = {
      words: Array.from({ length: n }, (_, i) => `word\u00fc${i}`),
      means: Array.from({ length: n }, (_, i) => row(i)),
      contexts: Array.from({ length: n }, (_, i) => row(-i)),
      variances: Array.from({ length: 2 * n }, (_, i) => row(i).map(Math.abs)),
    };
    const reports: { completed: number; total: number }[] = [];
    const path = await write(modelMembers(large));
    const { gaussians, words } = await readWord2Gauss(path, { part: 'both', onProgress: (at) => reports.push(at) });
    expect(words).toEqual(large.words);
    expect(gaussians.means).toEqual(float32([...large.means, ...(large.contexts ?? [])]));
    expect(gaussians.covariances).toEqual(float32(large.variances));
    expect(reports.map(({ completed }) => completed)).toEqual(
      reports.map(({ completed }) => completed).sort((a, b) => a - b),
    );
    expect(reports.at(-1)?.completed).toBe(reports[0]?.total);
  });
});

describe('archives', () => {
  const hasTar = spawnSync('tar', ['--version'], { stdio: 'ignore' }).status === 0;

  test.runIf(hasTar)('made by tar, of a folder', async () => {
    await mkdir(file('model'));
    for (const { name, text = '' } of modelMembers(spherical)) await writeFile(file(`model/${name}`), text);
    for (const args of [['model'], ['-C', file('model'), '.']]) {
      execFileSync('tar', ['-czf', file('model.tar.gz'), '-C', file(), ...args]);
      const { gaussians } = await readWord2Gauss(file('model.tar.gz'));
      expect(gaussians.means).toEqual(float32(spherical.means));
    }
  });

  test('with folders, links, other files, prefixes and pax headers', async () => {
    const members = modelMembers(spherical).flatMap((member): TarMember[] => [
      { name: 'PaxHeaders/x', type: 'x', text: paxRecord('mtime', '1700000000.25') },
      { ...member, name: `./${member.name}` },
    ]);
    const path = await write([
      { name: './', type: '5' },
      { name: './sigma', type: '2' },
      { name: './._sigma', text: 'not text' },
      ...members,
      { name: 'PaxHeaders/y', type: 'x', text: paxRecord('path', 'model/readme') },
      { name: 'sigma', text: 'named otherwise by the header before it' },
    ]);
    expect((await readWord2Gauss(path)).gaussians.covariances).toEqual(new Float32Array([0.5, 1, 1.5]));
  });

  test.runIf(hasTar).each(['gnu', 'pax', 'ustar', 'v7'])(
    'of format %s, made by tar in a deep folder',
    async (format) => {
      const folder = format === 'v7' ? 'model' : Array(4).fill('f'.repeat(40)).join('/');
      await mkdir(file(folder), { recursive: true });
      for (const { name, text = '' } of modelMembers(spherical)) await writeFile(file(`${folder}/${name}`), text);
      execFileSync('tar', ['-cz', `--format=${format}`, '-f', file('model.tar.gz'), '-C', file(), folder]);
      expect((await readWord2Gauss(file('model.tar.gz'))).gaussians.means).toEqual(float32(spherical.means));
    },
  );

  test('with long names and lengths in headers of their own', async () => {
    const members = modelMembers(spherical).flatMap((member): TarMember[] => {
      const bytes = Buffer.byteLength(member.text ?? '');
      const long = `${'folder/'.repeat(20)}${member.name}`;
      if (member.name === 'sigma')
        return [
          { name: '@LongLink', type: 'L', text: `${long}\0` },
          { ...member, name: 'cut' },
        ];
      const records = paxRecord('size', String(bytes)) + paxRecord('comment', 'caf\u00e9') + paxRecord('path', long);
      const link = { name: '@LongLink', type: 'K', text: 'elsewhere\0' };
      return [{ name: 'x', type: 'x', text: records }, link, { ...member, name: 'cut', claimedSize: 0 }];
    });
    const path = await write([{ name: 'g', type: 'g', text: paxRecord('path', 'nowhere') }, ...members]);
    const { gaussians } = await readWord2Gauss(path);
    expect(gaussians.means).toEqual(float32(spherical.means));
    expect(gaussians.covariances).toEqual(new Float32Array([0.5, 1, 1.5]));
  });

  test('with lengths in base 256, and links whose header has a length', async () => {
    const members = modelMembers(spherical).map((member) => ({ ...member, base256: true }));
    const path = await write([{ name: 'sigma', type: '1', claimedSize: 7 }, { name: 'sigma/' }, ...members]);
    expect((await readWord2Gauss(path)).gaussians.means).toEqual(float32(spherical.means));
  });

  test('whose headers are not good', async () => {
    const refused = (member: TarMember, message: RegExp) =>
      expectRefusal([member, ...modelMembers(spherical)], 'ERR_CORRUPT_FILE', message);
    for (const text of ['9 path=a', '99 path=a\n', 'path=a\n', '5 =a\n', '4 a\n', '09 path=a\n', ' ']) {
      await refused({ name: 'x', type: 'x', text }, /no intact tar archive: a pax header is damaged/);
    }
    for (const size of ['-1', '1e3', '9007199254740992', '']) {
      await refused({ name: 'x', type: 'x', text: paxRecord('size', size) }, /a pax header has no valid size/);
    }
    await refused({ name: 'x', type: 'L', text: 'a'.repeat(1_100_000) }, /a header of 1100000 bytes/);
    await refused({ name: 'x', claimedSize: -1 }, /a header has no valid length/);
    await refused({ name: 'x', claimedSize: -1, base256: true }, /a header has no valid length/);
    await refused({ name: 'x', claimedSize: 2 ** 53, base256: true }, /a header has no valid length/);
  });

  test('whose parameters come first', async () => {
    const path = await write([...modelMembers(spherical)].reverse());
    expect((await readWord2Gauss(path)).gaussians.means).toEqual(float32(spherical.means));
  });

  test('compressed in two parts, and with bytes after their end', async () => {
    const whole = tarFile(modelMembers(spherical));
    const parts = [gzipSync(whole.subarray(0, 700)), gzipSync(whole.subarray(700))];
    const path = file('model.tar.gz');
    for (const padding of [0, 3_000_000]) {
      await writeFile(path, Buffer.concat([...parts, Buffer.alloc(padding)]));
      expect((await readWord2Gauss(path)).gaussians.means).toEqual(float32(spherical.means));
    }
    await writeFile(path, Buffer.concat([...parts, Buffer.from('hello')]));
    await expectFault(readWord2Gauss(path), 'ERR_CORRUPT_FILE', /damaged: incorrect header check/);
  });

  test('that are none', async () => {
    const path = file('model.tar.gz');
    const refused = async (bytes: Uint8Array | string, message: RegExp) => {
      await writeFile(path, bytes);
      await expectFault(readWord2Gauss(path), 'ERR_CORRUPT_FILE', message);
    };
    await refused('hello', /model\.tar\.gz": not a gzip file but something else/);
    await refused('', /not a gzip file/);
    await refused(Buffer.from('PK\x03\x04'), /not a gzip file but a zip archive/);
    await refused(tarFile(modelMembers(spherical)), /not a gzip file/);
    await refused(gzipSync(''), /no intact tar archive/);
    await refused(gzipSync('rock 1 2\n'), /no intact tar archive/);
    await refused(gzipSync('rock 1 2\n'.repeat(1000)), /no intact tar archive: .*checksum/);
    await refused(tarGzFile([]), /no intact tar archive/);
    await refused(tarGzFile([{ name: 'readme', text: 'hello' }]), /no member "parameters", only \[\]/);
    await expect(readWord2Gauss(file('none'))).rejects.toMatchObject({ code: 'ENOENT', path: file('none') });
    await expectFault(readWord2Gauss(file()), 'ERR_CORRUPT_FILE', /received a directory/);
  });

  test('cut anywhere', async () => {
    const whole = tarGzFile(modelMembers(spherical));
    for (let length = 2; length < whole.length; length += 7) {
      await writeFile(file('model.tar.gz'), whole.subarray(0, length));
      await expectFault(readWord2Gauss(file('model.tar.gz')), 'ERR_CORRUPT_FILE', /model\.tar\.gz.*: damaged/);
    }
  });

  test('cut before they were compressed', async () => {
    const whole = tarFile(modelMembers(spherical));
    for (let length = 1; length < whole.length - 1536; length += 100) {
      await writeFile(file('model.tar.gz'), gzipSync(whole.subarray(0, length)));
      await expectFault(readWord2Gauss(file('model.tar.gz')), 'ERR_CORRUPT_FILE', /model\.tar\.gz/);
    }
  });

  test('with any bit flipped read the same numbers or are refused', async () => {
    const whole = tarGzFile(modelMembers(spherical));
    for (let at = 0; at < whole.length; at += 3) {
      const altered = Buffer.from(whole);
      altered[at] = altered.readUInt8(at) ^ (1 << (at % 8));
      await writeFile(file('model.tar.gz'), altered);
      const read = await readWord2Gauss(file('model.tar.gz')).catch((error: unknown) => error);
      if (read instanceof Error) expect(read).toMatchObject({ code: 'ERR_CORRUPT_FILE' });
      else expect(read).toMatchObject({ gaussians: { means: float32(spherical.means) }, words: spherical.words });
    }
  });

  test('with a damaged header', async () => {
    const members = modelMembers(spherical).map((member) =>
      member.name === 'sigma' ? { ...member, checksum: 1 } : member,
    );
    await expectRefusal(members, 'ERR_CORRUPT_FILE', /no intact tar archive: .*checksum/);
  });
});

describe('the call', () => {
  test('refuses options it does not know', async () => {
    const path = await write(modelMembers(spherical));
    const call = (options: unknown) => readWord2Gauss(path, options as ReadWord2GaussOptions);
    await expectFault(call({ part: 'all' }), 'ERR_RANGE', /"words", "contexts" or "both" for options\.part .* "all"$/);
    const typo = /only onProgress, part, signal for options but received "parts"$/;
    await expectFault(call({ parts: 'both' }), 'ERR_RANGE', typo);
    await expectFault(call({ signal: 1 }), 'ERR_SHAPE', /options\.signal/);
    await expectFault(call(null), 'ERR_SHAPE', /options/);
  });

  test('stops with the reason of the signal, before and during', async () => {
    const path = await write(modelMembers(spherical));
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(readWord2Gauss(path, { signal })).rejects.toBe(signal.reason);
    const controller = new AbortController();
    const onProgress = () => controller.abort();
    const call = readWord2Gauss(path, { signal: controller.signal, onProgress });
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('rejects with what onProgress throws', async () => {
    const thrown = new Error('enough');
    const onProgress = () => {
      throw thrown;
    };
    await expect(readWord2Gauss(await write(modelMembers(spherical)), { onProgress })).rejects.toBe(thrown);
  });

  test('lets other events pass', async () => {
    const n = 20_000;
    const means = Array.from({ length: n }, (_, i) => Array.from({ length: 20 }, (_, k) => Math.sin(i * k)));
    const words = means.map((_, i) => `word${i}`);
    const path = await write(modelMembers({ words, means, variances: means.map(() => [1]) }));
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await readWord2Gauss(path);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(20);
  });
});
