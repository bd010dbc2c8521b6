import type { ExperimentResult } from '../../../experiments/core/experiment.ts';
import type { Described } from '../../../experiments/report/experiment.ts';
import type { Run } from '../../../experiments/report/run.ts';

/** What would run, end an element or fetch something if it were not escaped. */
export const hostile = `</script><script>alert(1)</script><img src=//evil.example/x onerror=alert(2)> "a", 'b' & <!--`;

export const described: Described = {
  id: 'example',
  title: 'Recall of examples',
  summary: 'Examples are recalled at several temperatures, and nothing is measured.',
  source: 'Nobody 2026, figure 0',
};

export const settings = { seed: 7, dimensions: [2, 10], mode: 'soft', exact: true };

export const run: Run = {
  command: 'denseam experiment run example --seed 7',
  software: 'denseam 0.0.0, Node.js v20',
  threads: 2,
  seconds: 12.34,
};

const methods = ['transport', 'Euclidean', 'pixels', 'reweighting', 'both channels', 'nearest'];
const betas = [0.1, 0.3, 1, 3, 10];
const share = (beta: number, method: number) => beta / (beta + 0.3 * (1 + method));

const curveChart = (name: string, title: string) => ({
  name,
  title,
  description: 'The share of recalled examples rises with beta for every method.',
  table: 'curves',
  specification: {
    encoding: {
      x: { field: 'beta', type: 'quantitative', scale: { type: 'log' }, axis: { title: 'beta' } },
      y: { field: 'recalled', type: 'quantitative', axis: { title: 'recalled', format: '.0%' } },
      color: { field: 'method', type: 'nominal', title: 'method' },
    },
    layer: [{ mark: 'line' }, { mark: { type: 'point', filled: true, size: 60 } }],
  },
});

const cloudChart = {
  name: 'clouds',
  title: 'The clouds, panel by panel',
  description: 'Three panels of points, each cloud on a circle.',
  table: 'points',
  specification: {
    mark: 'point',
    encoding: {
      column: { field: 'cloud', type: 'nominal' },
      x: { field: 'x', type: 'quantitative' },
      y: { field: 'y', type: 'quantitative' },
    },
  },
};

const barChart = {
  name: 'best',
  title: 'The best of each method',
  description: 'Bars of the best share of each method.',
  table: 'best',
  specification: {
    mark: 'bar',
    encoding: {
      y: { field: 'method', type: 'nominal', sort: null, axis: { title: null } },
      x: { field: 'recalled', type: 'quantitative', axis: { format: '.0%' } },
    },
  },
};

const image = (phase: number) => ({
  pixels: Array.from({ length: 64 }, (_, at) => (17 * at * (phase + 1)) % 256),
});

/** A result with one of everything: findings of each verdict, raw and shown tables, all kinds of charts, pictures. */
export function exampleResult(): ExperimentResult {
  const curves = methods.flatMap((method, m) => betas.map((beta) => [method, beta, share(beta, m)]));
  const angles = Array.from({ length: 12 }, (_, at) => (at * Math.PI) / 6);
  return {
    findings: [
      { what: 'recalled at beta 10', published: 'near-perfect', ours: '97 %', verdict: 'reproduced' },
      {
        what: 'recalled at beta 0.1',
        published: 'fails',
        ours: '25 %',
        verdict: 'not reproduced',
        why: 'the examples are easy',
      },
      { what: 'time', published: '', ours: 'short', verdict: 'not published' },
    ],
    tables: [
      {
        name: 'best',
        title: 'Best of each method',
        columns: [
          { name: 'method', title: 'method' },
          { name: 'recalled', title: 'the share', format: '.1%' },
          { name: 'note', title: 'note' },
        ],
        rows: methods.map((method, m) => [method, share(10, m), m === 0 ? 'the first' : null]),
      },
      {
        name: 'curves',
        title: 'All curves',
        columns: [
          { name: 'method', title: 'method' },
          { name: 'beta', title: 'beta' },
          { name: 'recalled', title: 'recalled', format: '.2f' },
        ],
        rows: curves,
      },
      {
        name: 'points',
        title: 'Points of the clouds',
        columns: [
          { name: 'cloud', title: 'cloud' },
          { name: 'x', title: 'x' },
          { name: 'y', title: 'y' },
        ],
        rows: [1, 2, 3].flatMap((radius) =>
          angles.map((angle) => [`cloud ${radius}`, radius * Math.cos(angle), radius * Math.sin(angle)]),
        ),
        isRaw: true,
      },
    ],
    charts: [curveChart('curves', 'Recall against beta'), barChart, cloudChart],
    pictures: [
      {
        name: 'patches',
        title: 'Patches',
        description: 'Ten patches of stripes.',
        width: 8,
        height: 8,
        columns: 5,
        images: Array.from({ length: 10 }, (_, at) =>
          at < 5 ? { ...image(at), caption: `patch ${at + 1}` } : image(at),
        ),
      },
    ],
  };
}
